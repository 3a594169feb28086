import type { Effect } from "effect"

/** A cache that runs and can be connected to. */
export interface Target {
  readonly name: string
  readonly kind: "socket" | "spawn" | "postfix"
  readonly path: string
  /** The socket's path, or the command that was started. */
  readonly command: string
  readonly version: string | null
  /** The server's process, if it is known. */
  readonly pid: number | undefined
  /** How the server has ended, on one line, and what it said, when it has; `undefined` while it runs, and where its process is not known. */
  readonly findEnd: () => string | undefined
  /** Stops the server, waits until it has ended, and says what was wrong with how it did; only of one that was started for the run. */
  readonly stop: Effect.Effect<string | undefined> | undefined
}
