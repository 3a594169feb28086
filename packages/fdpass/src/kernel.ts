/**
 * The C library and what calls into it need, for packages/daemon alone; the tests of the house hold that.
 *
 * The calls that concern the process itself are a package apart, since most programs that pass descriptors settle into no process. Those calls
 * need the same library, opened once, and the same native memory. Any other package that named the library would be a second boundary to the
 * machine, which no simulation knows.
 */
export { adoptDescriptor, numberOf } from "./internal/descriptor.ts"
export { errnoOf, fileOutcome } from "./internal/kernel/fileOutcome.ts"
export { type SocketAddress, socketAddress } from "./internal/kernel/kernelSocketAddress.ts"
export { libc as cLibrary } from "./internal/kernel/libc.ts"
export { NativeBlock } from "./internal/kernel/nativeMemory.ts"
