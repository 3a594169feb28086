import { ProcessCalls } from "@scached/daemon"
import { Reactor } from "@scached/reactor"
import { Context, Effect, Layer } from "effect"
import { LineWriter } from "./LineWriter.ts"

/**
 * This process's standard error. Nothing here waits for its reader: `process.stderr` does, and with it the whole process, when it is
 * a terminal that was paused.
 */
export class StandardError extends Context.Service<
  StandardError,
  {
    /** Writes a line with its end. */
    readonly write: (line: string) => void
    /** Tries at once what could not be written before. */
    readonly restart: () => void
  }
>()("@scached/scached/StandardError") {}

/** Opens standard error; `lossNotice` makes the line that tells how many lines were dropped. */
export const layer = (
  lossNotice: (dropped: number) => string
): Layer.Layer<StandardError, never, Reactor | ProcessCalls> =>
  Layer.effect(
    StandardError,
    Effect.gen(function* () {
      const loop = yield* Reactor
      const process = yield* ProcessCalls
      const writer = yield* Effect.acquireRelease(
        Effect.sync(() => new LineWriter(loop, process.openStandardError, lossNotice)),
        (opened) => Effect.sync(() => opened.close())
      )
      return { write: (line) => writer.write(line), restart: () => writer.restart() }
    })
  )
