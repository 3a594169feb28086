import type { IdleState } from "@scached/reactor"
import type { LimitNotices } from "./LimitNotices.ts"

/** What the cache tells others. */
export interface CacheObserver {
  readonly notices: LimitNotices
  /** A descriptor of this process was closed. */
  readonly onFreed: () => void
  /** A cached connection's peer has left, or said something unasked. */
  readonly onLost: (label: string, state: IdleState) => void
  /** A client has asked for a longer ttl than the limit, for the first time since the limit has its value. */
  readonly onShortened?: (ttlSeconds: number, ttlSecondsMax: number) => void
  /** How many descriptors there may be of connections that are leaving. */
  readonly departureRoom: () => number
}
