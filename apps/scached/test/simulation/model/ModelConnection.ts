/** How a saved connection ends. */
export type Ending = "handed over" | "expired" | "evicted" | "dead" | "shut down"

/** Where it is in its life. `closing`: the daemon owes the close of its copy, and does it before anything else. */
export type Fate = "cached" | "leased" | "closing" | Ending

/** What a look at a cached connection's socket tells of its peer. */
export interface PeerState {
  /** Something can be read before the end, if there is one. */
  readonly hasBytes: boolean
  /** The peer has left, or the connection is broken. */
  readonly isOver: boolean
  /** It cannot be written to, which only the look at a find sees. */
  readonly isUnusable: boolean
  /** It is a connection, and can be watched. */
  readonly isWatchable: boolean
}

/** A connection that was saved. */
export interface ModelConnection {
  /** Counts up with each save: the age. */
  readonly order: number
  readonly label: string
  readonly properties: string
  readonly textBytes: number
  readonly deadlineMillis: number
  /** The open file, the same in every process that has it. */
  readonly fileId: number
  /** The daemon's descriptor. */
  readonly number: number
  fate: Fate
  /** What `fate` becomes when the daemon has closed its copy. */
  ending: "handed over" | "expired" | "evicted" | "dead"
  /** When it began to rest in the cache: saved, or put back. */
  restsSinceMillis: number
  /** The kernel has refused to watch it. */
  isUnwatched: boolean
  /** The kernel has not told of its peer at the last look. */
  isUnlooked: boolean
  /** When it was first seen to be of no use any more. */
  deadSinceMillis: number | undefined
}

/** Whether it could make room for another. */
export const canGiveWay = ({ fate }: ModelConnection): boolean => fate === "cached"
