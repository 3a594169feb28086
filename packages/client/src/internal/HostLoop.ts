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

/**
 * What Effect's own scheduler has behind a queue with priorities and a function to call each task off, neither of which is needed here:
 * they would leave 300 bytes a task to the garbage collector.
 */
const bunTurns = new Scheduler.MixedScheduler("async").setImmediate

const inNextTurnOf = (scheduler: Scheduler.Scheduler): HostLoop["inNextTurn"] => {
  if (scheduler instanceof Scheduler.MixedScheduler && scheduler.setImmediate === bunTurns) {
    return (task) => void setImmediate(task)
  }
  const dispatcher = scheduler.makeDispatcher()
  return (task) => dispatcher.scheduleTask(task, 0)
}

/** The caller's loop: Effect's scheduler knows its turns, and Effect's clock its time. */
export const hostLoop: Effect.Effect<HostLoop> = Effect.gen(function* () {
  const context = yield* Effect.context()
  const clock = yield* Clock.Clock
  const given = yield* Scheduler.Scheduler
  // That of a `runSync` is over with it: it knows no turns.
  const scheduler = given.executionMode === "sync" ? new Scheduler.MixedScheduler("async") : given
  const run = Effect.runForkWith(context)
  return {
    nowMillis: () => Number(clock.monotonicTimeNanosUnsafe()) / nanosPerMilli,
    inNextTurn: inNextTurnOf(scheduler),
    after: (millis, task) => {
      const fiber = run(Effect.andThen(Effect.sleep(millis), Effect.sync(task)), { scheduler })
      return () => fiber.interruptUnsafe()
    }
  }
})
