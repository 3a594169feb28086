export {
  DescriptorMisuse,
  SocketPathInvalid,
  SystemCallError,
  UnsupportedPlatform
} from "@scached/fdpass"
export {
  DescriptorMissing,
  InvalidOctets,
  InvalidTtl,
  ReplyTooLarge,
  RequestTooLarge,
  UnexpectedProtocol,
  UnexpectedReply
} from "@scached/protocol"
export * as BunReadiness from "./BunReadiness.ts"
export * as BunSockets from "./BunSockets.ts"
export { SocketUnfit } from "./BunSockets.ts"
export * as CacheClients from "./CacheClient.ts"
export { CacheClient } from "./CacheClient.ts"
export * from "./ClientError.ts"
export * from "./ClientSettings.ts"
export * from "./PlainCache.ts"
export * from "./Readiness.ts"
