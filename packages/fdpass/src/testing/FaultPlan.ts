import { Errno } from "../Errno.ts"

/**
 * What can go wrong in a simulated call.
 *
 * - `interrupted`: EINTR.
 * - `notReady`: EAGAIN although there was something to do.
 * - `shortRead`, `shortWrite`: fewer bytes than possible.
 * - `processTableFull`, `systemTableFull`: EMFILE, ENFILE; a read loses the descriptor that came and reports `truncated`.
 * - `connectionAborted`: ECONNABORTED at accept; the waiting connection is gone.
 * - `noBuffers`, `tooManyReferences`: ENOBUFS, ETOOMANYREFS; nothing was sent.
 * - `connectionBroken`: EPIPE, and from then on both ends find the other closed.
 * - `noMemory`: ENOMEM, when a descriptor is added to an epoll set, or for a look at many.
 * - `watchLimit`: ENOSPC when a descriptor is added to an epoll set.
 * - `noThread`: no thread can be had for what is to be done elsewhere.
 * - `late`: what is done elsewhere is done some looks later.
 *
 * @category faults
 */
export type FaultKind =
  | "interrupted"
  | "notReady"
  | "shortRead"
  | "shortWrite"
  | "processTableFull"
  | "systemTableFull"
  | "connectionAborted"
  | "noBuffers"
  | "tooManyReferences"
  | "connectionBroken"
  | "noMemory"
  | "watchLimit"
  | "noThread"
  | "late"

const tableFull = ["processTableFull", "systemTableFull"] as const

/** The calls that can be made to fail, and how each can. */
export const faultsByCall = {
  socket: tableFull,
  datagramSocket: tableFull,
  socketPair: tableFull,
  duplicate: ["processTableFull"],
  accept: ["interrupted", "notReady", ...tableFull, "connectionAborted"],
  connect: ["interrupted"],
  receive: ["interrupted", "notReady", "shortRead", ...tableFull],
  send: ["interrupted", "notReady", "shortWrite", "noBuffers", "connectionBroken"],
  sendDescriptor: ["interrupted", "notReady", "noBuffers", "tooManyReferences", "connectionBroken"],
  sendMessage: ["interrupted", "notReady", "noBuffers", "tooManyReferences", "connectionBroken"],
  receiveMessage: ["interrupted", "notReady"],
  epollCreate: tableFull,
  epollAdd: ["noMemory", "watchLimit"],
  epollWait: ["interrupted"],
  poll: ["interrupted", "noMemory"],
  writeElsewhere: ["notReady", "noThread", "late"],
  drainElsewhere: ["notReady", "noThread", "late"]
} as const satisfies Record<string, ReadonlyArray<FaultKind>>

/**
 * A system call that a plan can make fail.
 *
 * @category faults
 */
export type FaultableCall = keyof typeof faultsByCall

/**
 * One fault at an exact place: the `nth` time (1 is the first) that a process makes the call.
 *
 * @category faults
 */
export interface ScriptedFault {
  readonly call: FaultableCall
  readonly nth: number
  readonly fault: FaultKind
  /** The process it happens to, by name; whichever gets there, when left out. */
  readonly process?: string
}

/**
 * What shall go wrong: by chance, at exact places, or both.
 *
 * A rate is the probability at each call that the fault applies to. A key such as `receive.notReady` holds for one call alone and
 * goes before the plain `notReady`.
 *
 * @category faults
 */
export interface FaultPlan {
  readonly rates?: { readonly [Key in FaultKind | `${FaultableCall}.${FaultKind}`]?: number }
  readonly script?: ReadonlyArray<ScriptedFault>
}

/** The error number of each fault; 0 for those that only cut short. */
export const faultErrno: Readonly<Record<FaultKind, number>> = {
  interrupted: Errno.EINTR,
  notReady: Errno.EAGAIN,
  shortRead: 0,
  shortWrite: 0,
  processTableFull: Errno.EMFILE,
  systemTableFull: Errno.ENFILE,
  connectionAborted: Errno.ECONNABORTED,
  noBuffers: Errno.ENOBUFS,
  tooManyReferences: Errno.ETOOMANYREFS,
  connectionBroken: Errno.EPIPE,
  noMemory: Errno.ENOMEM,
  watchLimit: Errno.ENOSPC,
  noThread: 0,
  late: 0
}
