/**
 * The machine-dependent layouts that the system-call boundary relies on, one row a platform.
 *
 * @category platforms
 */
import { Effect, Schema } from "effect"

/**
 * Byte offsets and sizes of the C structures that cross the boundary.
 *
 * Only `epoll_event` differs between the two supported machines: it is packed on x86-64 (12 bytes) and naturally aligned on
 * arm64 (16 bytes). The others are listed all the same, so that a third machine is one more row and not a hunt.
 *
 * @category platforms
 */
export interface Layout {
  readonly epollEventBytes: number
  readonly epollEventDataOffset: number
  readonly messageHeaderBytes: number
  readonly messageHeaderVectorOffset: number
  readonly messageHeaderVectorCountOffset: number
  readonly messageHeaderControlOffset: number
  readonly messageHeaderControlLengthOffset: number
  readonly messageHeaderFlagsOffset: number
  readonly controlHeaderBytes: number
  readonly controlLevelOffset: number
  readonly controlTypeOffset: number
  /** Value of O_NONBLOCK, which SOCK_NONBLOCK equals. */
  readonly nonBlockingFlag: number
  /** Value of O_CLOEXEC, which SOCK_CLOEXEC and EPOLL_CLOEXEC equal. */
  readonly closeOnExecFlag: number
}

const linux64 = {
  messageHeaderBytes: 56,
  messageHeaderVectorOffset: 16,
  messageHeaderVectorCountOffset: 24,
  messageHeaderControlOffset: 32,
  messageHeaderControlLengthOffset: 40,
  messageHeaderFlagsOffset: 48,
  controlHeaderBytes: 16,
  controlLevelOffset: 8,
  controlTypeOffset: 12,
  nonBlockingFlag: 0o4000,
  closeOnExecFlag: 0o2000000
} as const

/**
 * Every supported platform by its name, `<operating system>-<processor>` in the words of `process.platform` and `process.arch`.
 *
 * @category platforms
 */
export const layouts: Readonly<Record<string, Layout>> = {
  "linux-x64": { ...linux64, epollEventBytes: 12, epollEventDataOffset: 4 },
  "linux-arm64": { ...linux64, epollEventBytes: 16, epollEventDataOffset: 8 }
}

/**
 * This machine is not one that scached knows the system-call layouts of.
 *
 * @category errors
 */
export class UnsupportedPlatform extends Schema.TaggedError<UnsupportedPlatform>()("UnsupportedPlatform", {
  platform: Schema.String,
  /** What was in the way on a platform that is known: no memory for code, for instance, or another C library. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    if (this.cause !== undefined) {
      const found = this.cause instanceof Error ? this.cause.message : String(this.cause)
      return `no system call can be made here: ${found}; it takes glibc, and memory that may be made executable or a build with the addon`
    }
    const known = Object.keys(layouts).join(" and ")
    return `passing descriptors is not supported on ${this.platform}: it works on ${known}, with Bun and glibc`
  }
}

/**
 * The layout for a platform name, or `UnsupportedPlatform`.
 *
 * @category platforms
 */
export const layoutOf = (platform: string): Effect.Effect<Layout, UnsupportedPlatform> => {
  const layout = Object.hasOwn(layouts, platform) ? layouts[platform] : undefined
  return layout === undefined ? Effect.fail(new UnsupportedPlatform({ platform })) : Effect.succeed(layout)
}

/**
 * The name of the platform this process runs on.
 *
 * @category platforms
 */
export const currentPlatform: string = `${process.platform}-${process.arch}`
