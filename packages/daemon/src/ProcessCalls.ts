import type { Descriptor, Outcome } from "@scached/fdpass"
import type { SocketAddress } from "@scached/fdpass/kernel"
import { Context } from "effect"

export type { SocketAddress } from "@scached/fdpass/kernel"

/**
 * What an inherited descriptor turns out to be. `listening` is a stream socket that accepts connections; a FIFO is a `pipe` too.
 *
 * @category models
 */
export type InheritedKind = "listening" | "stream" | "datagram" | "other socket" | "pipe" | "not a socket"

/**
 * Whose rights this process has: the real, effective and saved ids, and the supplementary groups.
 *
 * @category models
 */
export interface ProcessIdentity {
  readonly uids: readonly [real: number, effective: number, saved: number]
  readonly gids: readonly [real: number, effective: number, saved: number]
  readonly groups: ReadonlyArray<number>
}

/**
 * What this thread may do beyond its user: Linux's capability sets, bit n for capability n. What is effective counts now; what is
 * permitted can become so; the others decide what programs that are started from here get.
 *
 * @category models
 */
export interface CapabilitySets {
  readonly effective: bigint
  readonly permitted: bigint
  readonly inheritable: bigint
  readonly bounding: bigint
  readonly ambient: bigint
}

/**
 * How many descriptors this process may have (RLIMIT_NOFILE): now, and at most by its own doing. `Infinity` is no limit.
 *
 * @category models
 */
export interface DescriptorLimit {
  readonly soft: number
  readonly hard: number
}

/**
 * Where a log goes, for writes that never wait for a reader.
 *
 * `device` is a terminal in most cases. A `file` takes its bytes at once, or fails: it never says that it is not ready yet.
 *
 * @category models
 */
export interface Output {
  readonly kind: "device" | "pipe" | "socket" | "file"
  /** To be watched for `Readiness.writable` after `EAGAIN`. Closing it ends the output; standard error itself stays open. */
  readonly descriptor: Descriptor
  /** Writes what fits of `bytes`: `EAGAIN` when nothing does, `EPIPE` without a reader, `EIO` once a terminal is gone. */
  readonly write: (bytes: Uint8Array) => Outcome
}

/**
 * The system calls with which a daemon settles into its process: its directory and root, its rights, the descriptors that it was
 * started with, and an alarm for the case that it never returns.
 *
 * They are made at start, or rarely; `SystemCalls` has those of every day. Root, directory and rights belong to the whole
 * process with all its threads; `forbidNewPrivileges` and the calls about capabilities to the calling thread and what it starts.
 *
 * @category services
 */
export interface ProcessCallsShape {
  /** This process's number. */
  readonly pid: number
  /** Whether a standard descriptor (0, 1 or 2) is a terminal. */
  readonly isTerminal: (standard: 0 | 1 | 2) => boolean
  /**
   * Opens standard error a second time, so that it does not block and the other users of the first one are not affected. Where it cannot be
   * opened (a socket) or need not be (a file), the output lends the first one. Needs /proc; `EBADF` when standard error is closed.
   */
  readonly openStandardError: () => Output | Outcome
  /** Writes what fits of `bytes` to any descriptor; to a pipe without reader it is `EPIPE`. */
  readonly write: (descriptor: Descriptor, bytes: Uint8Array) => Outcome
  /** What an inherited number is; `-EBADF` when it is not open. */
  readonly inspect: (number: number) => InheritedKind | Outcome
  /** Where an inherited socket is bound; `-ENOTSOCK` for what is none. */
  readonly socketAddress: (number: number) => SocketAddress | Outcome
  /** Sets O_NONBLOCK; it holds for all copies of the descriptor, in other processes too. */
  readonly setNonBlocking: (descriptor: Descriptor) => Outcome
  /** Sets FD_CLOEXEC, which holds for this one descriptor. */
  readonly setCloseOnExec: (descriptor: Descriptor) => Outcome

  readonly changeDirectory: (path: string) => Outcome
  /** Makes `path` the root directory, and the working directory the new root. */
  readonly changeRoot: (path: string) => Outcome
  /**
   * The bytes of a small file of this system, /etc/passwd for instance; at most 1 MB. A FIFO or a device, which could keep the reader
   * waiting for good, is `EINVAL`.
   */
  readonly readFile: (path: string) => Uint8Array | Outcome

  /**
   * What a program writes to its standard output until it ends, at most 64 KiB; it is given the environment's PATH and no input. It keeps the
   * caller waiting: only for a start. `ENOENT` where PATH has no such program, `ETIMEDOUT` where it has not ended in time and was killed.
   */
  readonly runProgram: (
    command: readonly [name: string, ...words: ReadonlyArray<string>],
    millisMax: number
  ) => Uint8Array | Outcome

  readonly identity: () => ProcessIdentity | Outcome
  readonly setGroups: (groups: ReadonlyArray<number>) => Outcome
  /** Sets the real, the effective and the saved group id. */
  readonly setGroupId: (gid: number) => Outcome
  /** Sets the real, the effective and the saved user id: from 0 there is no way back. */
  readonly setUserId: (uid: number) => Outcome
  /** PR_SET_NO_NEW_PRIVS: no program that is started from now on gains rights by its set-user-id bit. */
  readonly forbidNewPrivileges: () => Outcome

  readonly capabilities: () => CapabilitySets | Outcome
  /** Empties all sets but the bounding one, for good; giving up needs no right. */
  readonly clearCapabilities: () => Outcome
  /** Empties the bounding set, for good: `EPERM` without the capability CAP_SETPCAP. */
  readonly dropBoundingSet: () => Outcome

  readonly descriptorLimit: () => DescriptorLimit | Outcome
  /** Sets the soft limit, at most to the hard one; `EINVAL` above it. Descriptors beyond a lowered limit stay open. */
  readonly setDescriptorLimit: (soft: number) => Outcome
  /** How many descriptors are open. Through /proc; without it each number below the soft limit is tried, at some 0.1 µs. */
  readonly countDescriptors: () => number | Outcome

  /**
   * Finds this program's machine code, through /proc and so before the root is changed. The result gives it back to the page cache,
   * from which what is needed comes again by itself: most of it was needed for the start only.
   */
  readonly findCode: () => () => void

  /**
   * Lets all signals reach this process, whatever the program that started it has blocked, and SIGALRM end it although that program
   * ignored it: both are inherited. To be called on the main thread before it answers signals.
   */
  readonly resetSignals: () => Outcome
  /**
   * Has the kernel end this process by SIGALRM after so many milliseconds, whatever it is doing then; 0 calls it off. One call
   * replaces the one before.
   */
  readonly setAlarm: (millis: number) => Outcome
}

/**
 * The part of the boundary to the operating system that concerns the process itself.
 *
 * @category services
 */
export class ProcessCalls extends Context.Service<ProcessCalls, ProcessCallsShape>()("@scached/daemon/ProcessCalls") {}
