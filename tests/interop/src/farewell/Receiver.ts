/**
 * A server to which connections lead, and what it has noticed of their ends.
 *
 * @category receivers
 */
import type { SystemCalls } from "@scached/fdpass"
import type { Effect, Scope } from "effect"
import type { LabFailure } from "../LabFailure.ts"
import type { PostfixTools } from "../PostfixTools.ts"

/**
 * What a server's log says of sessions.
 *
 * @category receivers
 */
export interface SessionEnds {
  /** Those that its client has ended in the protocol. */
  readonly said: number
  /** Those that ended otherwise. */
  readonly unsaid: number
  /** Warnings and resets. */
  readonly troubles: number
}

/**
 * A server that runs.
 *
 * @category receivers
 */
export interface RunningReceiver {
  readonly address: string
  readonly port: number
  readonly ends: () => SessionEnds
}

/**
 * A server that can be started.
 *
 * @category receivers
 */
export interface Receiver {
  readonly name: string
  readonly protocol: "smtp" | "lmtp" | "imap"
  readonly version: Effect.Effect<string, LabFailure, PostfixTools | SystemCalls>
  readonly start: Effect.Effect<RunningReceiver, LabFailure, PostfixTools | SystemCalls | Scope.Scope>
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/**
 * Counts in a log by what stands on its lines; the patterns are global.
 *
 * @category receivers
 */
export const endsBy =
  (patterns: { readonly said: RegExp; readonly unsaid: RegExp; readonly troubles: RegExp }) =>
  (text: string): SessionEnds => ({
    said: count(text, patterns.said),
    unsaid: count(text, patterns.unsaid),
    troubles: count(text, patterns.troubles)
  })
