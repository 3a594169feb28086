import type { Model } from "../model/Model.ts"

/** What every conversation of one daemon refers to. */
export interface ConversationContext {
  readonly model: Model
  readonly requestBytesMax: number
  readonly isGreeting: boolean
  readonly exchangeMillisMax: number
  /** The time of the daemon's turn. */
  readonly nowMillis: () => number
  readonly fail: (message: string) => void
}

/** A descriptor that the daemon received. */
export interface Incoming {
  readonly number: number
  readonly fileId: number
  /** The bytes of the read that it came with. */
  readonly from: number
  readonly to: number
  /** Whether it can be kept by what it is. */
  readonly canBeKept: boolean
  isUsed: boolean
  isClosed: boolean
}

/** One that came with the last `count` bytes from `from` on. */
export const incomingOf = (
  file: Pick<Incoming, "number" | "fileId">,
  from: number,
  count: number,
  canBeKept: boolean
): Incoming => ({ ...file, from, to: from + count, canBeKept, isUsed: false, isClosed: false })

/** What the daemon must have answered to a request. */
export interface Answer {
  readonly status: number
  readonly properties: string | undefined
  readonly destinationProperties: string | undefined
  readonly fileId: number | undefined
}

export type ConversationState = "fresh" | "between" | "descriptor" | "dummy" | "sending" | "last dummy" | "over"
