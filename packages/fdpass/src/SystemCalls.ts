import { Context } from "effect"
import type { Batching, CallBatch } from "./CallBatch.ts"
import type { Descriptor } from "./internal/descriptor.ts"
import type { ReceiveBuffer } from "./ReceiveBuffer.ts"
import type { SocketKind } from "./SocketKind.ts"

/**
 * The result of a system call: zero or more on success, the negated error number on failure.
 *
 * A number and not an error value, because "not ready yet" is the most frequent answer of all and must cost nothing;
 * `systemCallError` makes a typed error of it where one is due.
 *
 * @category models
 */
export type Outcome = number

/**
 * Who is at the other end of a UNIX socket, as the kernel saw it when the connection was made (SO_PEERCRED).
 *
 * @category models
 */
export interface PeerCredentials {
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

/**
 * The most descriptors that one message can carry (SCM_MAX_FD): Linux refuses to send more.
 *
 * @category constants
 */
export const passedDescriptorsMax = 253

/**
 * What stands at a path: enough to tell whether it is a socket and whether it is still the same one.
 *
 * @category models
 */
export interface FileIdentity {
  readonly kind: "socket" | "directory" | "other"
  readonly device: number
  readonly inode: number
}

/**
 * What a descriptor can be watched for, and what epoll reports of it. The values are the kernel's, alike on all machines.
 *
 * @category models
 */
export const Readiness = {
  readable: 0x001,
  /** Urgent data of TCP, which does not count as readable. */
  urgent: 0x002,
  writable: 0x004,
  error: 0x008,
  hangUp: 0x010,
  peerClosed: 0x2000
} as const

/**
 * What one message brought: bytes, and descriptors that are the receiver's from then on.
 *
 * @category models
 */
export interface ReceivedMessage {
  /** How many bytes of the buffer are valid; 0 is the end of the stream, or a packet without bytes. */
  readonly byteCount: number
  /** In the sender's order. */
  readonly descriptors: ReadonlyArray<Descriptor>
  /** Whether descriptors were lost on the way in, since the process or the system has no room for them. */
  readonly hasLostDescriptors: boolean
  /** Whether a packet was longer than the buffer, and its rest is lost. */
  readonly hasLostBytes: boolean
}

/**
 * Room for the events that one `epollWait` reports.
 *
 * @category buffers
 */
export interface ReadinessBatch {
  /** How many events fit: more stay in the kernel until the next call. */
  readonly capacity: number
  /** The token under which the descriptor of event `index` was added. */
  token(index: number): number
  /** The `Readiness` bits of event `index`. */
  readiness(index: number): number
}

/**
 * Descriptors that one `poll` looks at, and what it has seen of them.
 *
 * @category buffers
 */
export interface PollBatch {
  /** How many descriptors fit. */
  readonly capacity: number
  /** Puts a descriptor at `index`, to be looked at for `Readiness` bits; errors and hang-ups are always told. */
  put(index: number, descriptor: Descriptor, readiness: number): void
  /** The `Readiness` bits that the last `poll` has found at `index`, 0 for none. */
  readiness(index: number): number
}

/**
 * The system calls that a server or client of descriptor-carrying sockets needs, none of which blocks but `epollWait`.
 *
 * The kernel's layer is `KernelSystemCalls.layer`; `SimulatedSystemCalls` answers the same calls from a table in memory and can
 * make each of them fail. Interrupted calls (EINTR) are reported like any other failure, so that callers treat them under
 * simulation as they would in life.
 *
 * @category services
 */
export interface SystemCallsShape {
  /** A non-blocking, close-on-exec stream socket of the UNIX family. */
  readonly socket: () => Descriptor | Outcome
  /**
   * A non-blocking, close-on-exec datagram socket of the UNIX family, for `bind`, `connect`, `send` and `receive`. A connected one
   * sends each `Uint8Array` whole or not at all: `EAGAIN` when its peer's queue is full, `ECONNREFUSED` once its peer is gone, and
   * `ENOTCONN` from then on.
   */
  readonly datagramSocket: () => Descriptor | Outcome
  /** Two such sockets, connected to each other. */
  readonly socketPair: () => readonly [Descriptor, Descriptor] | Outcome
  /**
   * Gives a socket its path, and the file there its mode from the first moment on: 0777 less the umask unless given. A mode that is set
   * later may reach another file: a process that may write to the directory can have put a link in its place.
   */
  readonly bind: (socket: Descriptor, path: string, mode?: number) => Outcome
  readonly listen: (socket: Descriptor, backlog: number) => Outcome
  /** The next waiting connection, non-blocking and close-on-exec, after `keepUrgent`. */
  readonly accept: (listener: Descriptor) => Descriptor | Outcome
  readonly connect: (socket: Descriptor, path: string) => Outcome
  /**
   * Reads what is there, up to `bytesMax` (at least 1); 0 is the end of the stream. Of the descriptors that come in one message
   * (253 at most) the first is kept, and the rest closed as by `letGo`. Whatever comes of it, nothing of the last
   * read stays in the buffer.
   */
  readonly receive: (socket: Descriptor, into: ReceiveBuffer, bytesMax?: number) => Outcome
  /** Writes what fits of `bytes`; never raises SIGPIPE. */
  readonly send: (socket: Descriptor, bytes: Uint8Array) => Outcome
  /** Sends one NUL byte that carries a copy of `passed`, which stays open here. */
  readonly sendDescriptor: (socket: Descriptor, passed: Descriptor) => Outcome
  /** A non-blocking, close-on-exec socket of the UNIX family that carries packets over connections (SOCK_SEQPACKET). */
  readonly packetSocket: () => Descriptor | Outcome
  /** Two of them, connected to each other. */
  readonly packetSocketPair: () => readonly [Descriptor, Descriptor] | Outcome
  /**
   * Sends bytes, at least one, that carry copies of descriptors, `passedDescriptorsMax` at most; how many bytes have left. What of a stream has not
   * left goes without descriptors: they travel with the first byte.
   */
  readonly sendMessage: (socket: Descriptor, bytes: Uint8Array, descriptors: ReadonlyArray<Descriptor>) => Outcome
  /** Reads one message with all its descriptors; the bytes are in the buffer, the descriptors are the caller's. */
  readonly receiveMessage: (socket: Descriptor, into: ReceiveBuffer) => ReceivedMessage | Outcome
  /**
   * Ends the receiving direction for good, and throws away what has come and was not read: to be called before a socket is closed on
   * which descriptors may have come. The kernel would close those along with it, and wait for those whose maker made them linger. What
   * the peer sends from now on is refused there with `EPIPE`.
   *
   * Only for a socket of which there is no other copy: a read waits for one that another process is in the middle of. Of a queue that
   * is full of descriptors no more is thrown away at once than the message with which there were `descriptorsMax` of them: 1 says that
   * there may be more, and 0 that nothing is left.
   */
  readonly discardUnread: (socket: Descriptor, descriptorsMax?: number) => Outcome
  /**
   * Has urgent data come in its place among the other bytes (SO_OOBINLINE): to be called before the first read of a socket on which
   * descriptors may come. Otherwise a read throws the urgent byte of a UNIX socket away, and the kernel closes the descriptor that came
   * with it within that read.
   */
  readonly keepUrgent: (socket: Descriptor) => Outcome
  /**
   * Switches off what adds control messages to each message that is read (SO_PASSCRED, SO_PASSPIDFD, SO_PASSSEC, time stamps), which the
   * maker of an inherited socket may have set; a connection has its listener's options from when it was made. How many were on.
   */
  readonly plainMessages: (socket: Descriptor) => Outcome
  /**
   * 1 where descriptors can be passed to a socket, 0 where its maker has forbidden it (SO_PASSRIGHTS), an error where the kernel cannot
   * forbid it.
   */
  readonly passesDescriptors: (socket: Descriptor) => Outcome
  readonly peerCredentials: (socket: Descriptor) => PeerCredentials | Outcome
  /**
   * The supplementary groups that the peer was in when the connection was made (SO_PEERGROUPS); its `gid` need not be among them.
   * `-ENODATA` where there is no peer.
   */
  readonly peerGroups: (socket: Descriptor) => ReadonlyArray<number> | Outcome
  /**
   * Looks whether something can be read, and leaves it there: 1 when there are bytes, 0 at the end of the stream, `-EAGAIN` when
   * nothing has come, another error when the connection has failed, which is reported once. Works for sockets of all families;
   * `-ENOTSOCK` for what is none. It is a read as far as waiting goes: only for sockets of which no stranger has a copy.
   */
  readonly peek: (socket: Descriptor) => Outcome
  /**
   * What kind of socket it is, one of `SocketKind`; asked without a lock. It is asked once and remembered: `look` and `letGo` have to know it,
   * too, and do not ask again.
   */
  readonly socketKind: (descriptor: Descriptor) => SocketKind | Outcome
  /**
   * What tells an open socket from all others of its machine, whichever process has a copy of it (SO_COOKIE); above 0. It takes no lock.
   * `-ENOTSOCK` for what is no socket.
   */
  readonly socketCookie: (descriptor: Descriptor) => Outcome
  /**
   * Polls a socket once: returns those of the given `Readiness` bits that hold now, and errors and hang-ups always. It takes no lock, so no holder
   * of a copy can block it. `-ENOTSOCK` for anything but a UNIX, IPv4 or IPv6 socket, which is not polled.
   * Fewer bytes than the maker of a TCP socket has asked for (SO_RCVLOWAT) do not count as readable. With `isThorough` a UNIX stream that is
   * asked whether it is writable, and whose peer reads no more, counts as failed: one more system call.
   */
  readonly look: (descriptor: Descriptor, readiness: number, isThorough?: boolean) => Outcome
  /**
   * Switches SO_LINGER off, which its maker may have set: the close of a TCP socket that still has data to send would wait for
   * its peer then, for as long as was set and although it is non-blocking. `-ENOTSOCK` for what is no socket. It waits for a call that
   * another process is in the middle of with a copy of the socket: only for those of which no stranger has one.
   */
  readonly stopLingering: (socket: Descriptor) => Outcome
  /**
   * Closes a descriptor that another process made, without blocking. Closed at once are TCP sockets that neither listen nor
   * linger, and UNIX sockets without an address and with an empty queue; anything else may block its closer and is closed by threads that do
   * nothing else. Nothing is read from it or changed in it, since others may have copies.
   */
  readonly letGo: (descriptor: Descriptor) => void
  /** Does the same for many descriptors. One poll reads the state of all UNIX sockets among them. */
  readonly letGoAll: (descriptors: ReadonlyArray<Descriptor>) => void
  /** How many of those that were let go of are not closed yet, and keep their place in the descriptor table. */
  readonly closesUnderWay: () => number
  /**
   * Ends the waits of those that linger, and begins with those that there was no thread for: to be called now and then while
   * `closesUnderWay` is not 0.
   */
  readonly hurryCloses: () => void
  /**
   * Writes 1 to 64 bytes in one go to a stream of which others may have copies, if nothing can be read from it; the outcome is how many were
   * taken, or 0 where something has come or the stream has ended. A write takes the socket's lock, which any process with a copy can hold
   * indefinitely: so a thread that does nothing else makes it. `done` is called by `tendErrands`, and until then the descriptor
   * must be left alone. False, and no call of `done`, where no thread is to be had.
   */
  readonly writeElsewhere: (socket: Descriptor, bytes: Uint8Array, done: (outcome: Outcome) => void) => boolean
  /** Reads what is there in the same way, 4096 bytes at most, and throws it away; descriptors among it are closed. */
  readonly drainElsewhere: (socket: Descriptor, bytesMax: number, done: (outcome: Outcome) => void) => boolean
  /** How many of those two are not done yet. One may never be. */
  readonly errandsUnderWay: () => number
  /** Begins with those that wait, and tells of those that are done: to be called now and then while `errandsUnderWay` is not 0. */
  readonly tendErrands: () => void

  readonly epollCreate: () => Descriptor | Outcome
  /** Adds `watched` under `token` (0 to 2^32-1) for the given `Readiness` bits, level-triggered. */
  readonly epollAdd: (epoll: Descriptor, watched: Descriptor, readiness: number, token: number) => Outcome
  readonly epollModify: (epoll: Descriptor, watched: Descriptor, readiness: number, token: number) => Outcome
  readonly epollRemove: (epoll: Descriptor, watched: Descriptor) => Outcome
  /** Waits at most `timeoutMillis` (-1: for ever; fractions are rounded up) and returns the number of events put into `batch`. */
  readonly epollWait: (epoll: Descriptor, batch: ReadinessBatch, timeoutMillis: number) => Outcome

  /**
   * Looks at the first `count` descriptors of a batch at once, without waiting, and returns how many have something to tell. A look takes
   * a fraction of what it takes to have epoll watch, so it serves for descriptors that are looked at a few times only. Sockets only: for
   * other files the kernel runs their file system's code, which may wait.
   */
  readonly poll: (batch: PollBatch, count: number) => Outcome

  readonly makeReceiveBuffer: (bytesMax: number) => ReceiveBuffer
  readonly makeReadinessBatch: (capacity: number) => ReadinessBatch
  readonly makePollBatch: (capacity: number) => PollBatch
  /**
   * Room for so many calls that are made together; undefined where they are to be made one by one, since nothing else is possible here, or
   * `auto` was asked for and they are as fast by themselves, which is measured once, with some 260 calls.
   */
  readonly makeCallBatch: (capacity: number, batching: Batching) => CallBatch | undefined

  /** What stands at `path`, links not followed. */
  readonly identify: (path: string) => FileIdentity | Outcome
  readonly unlink: (path: string) => Outcome
  readonly changeMode: (path: string, mode: number) => Outcome

  /**
   * Another descriptor of the same open file, close-on-exec, under the lowest free number from 3 on: 0 to 2 have a meaning to whatever is
   * started next, also where they are closed.
   */
  readonly duplicate: (descriptor: Descriptor) => Descriptor | Outcome
  /** Takes over a descriptor that was inherited or made elsewhere, under its number. */
  readonly adopt: (number: number) => Descriptor
  /** Milliseconds on a clock that only goes forward, with a fraction. */
  readonly monotonicMillis: () => number
  /** Milliseconds since 1970 on the wall clock, which may jump. */
  readonly wallMillis: () => number
}

/**
 * The boundary to the operating system.
 *
 * @category services
 */
export class SystemCalls extends Context.Service<SystemCalls, SystemCallsShape>()("@scached/fdpass/SystemCalls") {}
