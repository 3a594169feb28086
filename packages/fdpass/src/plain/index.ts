/**
 * Passing descriptors for programs without Effect: promises, numbers, and errors that are thrown.
 */
export { Descriptor, DescriptorMisuse } from "../Descriptor.ts"
export { UnsupportedPlatform } from "../Platform.ts"
export { SocketPathInvalid } from "../SocketPath.ts"
export { SystemCallError } from "../SystemCallError.ts"
export { NotASocket, SocketInUse } from "../UnixSocket.ts"
export * from "./PlainSocket.ts"
export * from "./ReceivedDescriptors.ts"
export * from "./receiveDescriptors.ts"
export * from "./sendDescriptors.ts"
export * from "./TransferError.ts"
