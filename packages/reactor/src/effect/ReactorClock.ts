import { type Clock, Duration, Effect } from "effect"
import type { EventLoop } from "../loop/EventLoop.ts"

const nanosPerMilli = 1_000_000

/**
 * Effect's clock on the reactor: it reads the system calls' time, and its sleepers are timers of the loop.
 *
 * Under simulation both are virtual, so that a program that sleeps for an hour takes no time at all.
 *
 * @category clocks
 */
export const make = (loop: EventLoop): Clock.Clock => {
  const wallMillis = () => loop.calls.wallMillis()
  const wallNanos = () => BigInt(Math.round(loop.calls.wallMillis() * nanosPerMilli))
  const monotonicNanos = () => BigInt(Math.round(loop.calls.monotonicMillis() * nanosPerMilli))
  return {
    currentTimeMillisUnsafe: wallMillis,
    currentTimeMillis: Effect.sync(wallMillis),
    currentTimeNanosUnsafe: wallNanos,
    currentTimeNanos: Effect.sync(wallNanos),
    monotonicTimeNanosUnsafe: monotonicNanos,
    monotonicTimeNanos: Effect.sync(monotonicNanos),
    sleep: (duration) => {
      const millis = Duration.toMillis(duration)
      if (millis <= 0) return Effect.yieldNow
      if (!Number.isFinite(millis)) return Effect.never
      return Effect.callback<void>((resume) => {
        const cancel = loop.at(loop.calls.monotonicMillis() + millis, () => resume(Effect.void))
        return Effect.sync(cancel)
      })
    }
  }
}
