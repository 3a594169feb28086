/**
 * The connection cache protocol of Postfix, without sockets: attribute lists, requests, replies, and one session machine for
 * each side.
 */
export * as AttributeList from "./AttributeList.ts"
export * as CacheEntry from "./CacheEntry.ts"
export * as CacheEvent from "./CacheEvent.ts"
export * as CacheStatus from "./CacheStatus.ts"
export * from "./ClientSession.ts"
export type * from "./ClientStep.ts"
export { protocolName } from "./internal/words.ts"
export * as OctetString from "./OctetString.ts"
export * from "./ProtocolError.ts"
export * as Reply from "./Reply.ts"
export * as Request from "./Request.ts"
export * from "./ServerSession.ts"
export type * from "./ServerStep.ts"
export * as TtlSeconds from "./TtlSeconds.ts"
