import { Clock, Effect, Scheduler } from "effect"

const nanosPerMilli = 1_000_000

/** The event loop that a client lives in: its turns, and its time. */
export interface HostLoop {
  /** On a clock that only goes forward. */
  readonly nowMillis: () => number
  /** Runs a task in the next turn. */
  readonly inNextTurn: (task: () => void) => void
  /** Runs a task after a while; returns what calls it off. While it is outstanding it keeps the process alive. */
  readonly after: (millis: number, task: () => void) => () => void
}

/** The loop of whoever asks: Effect's scheduler knows its turns, and Effect's clock its time. */
export const hostLoop: Effect.Effect<HostLoop> = Effect.gen(function* () {
  const context = yield* Effect.context()
  const clock = yield* Clock.Clock
  const given = yield* Scheduler.Scheduler
  // That of a `runSync` is over with it: it knows no turns.
  const scheduler = given.executionMode === "sync" ? new Scheduler.MixedScheduler("async") : given
  const dispatcher = scheduler.makeDispatcher()
  const run = Effect.runForkWith(context)
  return {
    nowMillis: () => Number(clock.monotonicTimeNanosUnsafe()) / nanosPerMilli,
    inNextTurn: (task) => dispatcher.scheduleTask(task, 0),
    after: (millis, task) => {
      const fiber = run(Effect.andThen(Effect.sleep(millis), Effect.sync(task)), { scheduler })
      return () => fiber.interruptUnsafe()
    }
  }
})
