/**
 * Ends the process when its loop does not turn any more, be it in JavaScript that never returns or in a system call that blocks.
 *
 * Nothing inside a hanging thread can notice that it hangs, and a second process or thread would be there only to wait. So the kernel
 * does it: an alarm (SIGALRM, whose default action ends the process) is always set for a little later than the loop means to turn
 * next, and is moved on while the loop turns. That takes a system call every quarter of the limit under load; when idle one a wait
 * that is longer than that, and no wake-up ever: an alarm is set beyond the wait, or called off for one without an end.
 *
 * @category watchdog
 */
import { ProcessCalls, type ProcessCallsShape } from "@scached/daemon"
import { Effect, type Scope } from "effect"
import type { LoopObserver } from "../loop/LoopObserver.ts"
import { Reactor } from "./Reactor.ts"

/** How far from its limit the alarm may ring, as a share of it: what spares a system call in every turn. */
const tolerance = 0.25

class AlarmClock implements LoopObserver {
  readonly #calls: ProcessCallsShape
  readonly #limitMillis: number
  #alarmMillis = Number.POSITIVE_INFINITY

  constructor(calls: ProcessCallsShape, limitMillis: number) {
    this.#calls = calls
    this.#limitMillis = limitMillis
  }

  beforeWait(nowMillis: number, waitMillis: number): void {
    if (waitMillis < 0) this.callOff()
    else if (this.#alarmMillis - nowMillis - waitMillis < this.#limitMillis * (1 - tolerance)) {
      this.#set(nowMillis, waitMillis + this.#limitMillis)
    }
  }

  afterWait(nowMillis: number): void {
    const left = this.#alarmMillis - nowMillis
    const isClose = left >= this.#limitMillis * (1 - tolerance) && left <= this.#limitMillis * (1 + tolerance)
    if (!isClose) this.#set(nowMillis, this.#limitMillis)
  }

  callOff(): void {
    if (this.#alarmMillis === Number.POSITIVE_INFINITY) return
    this.#alarmMillis = Number.POSITIVE_INFINITY
    this.#calls.setAlarm(0)
  }

  #set(nowMillis: number, millis: number): void {
    this.#alarmMillis = nowMillis + millis
    this.#calls.setAlarm(millis)
  }
}

/**
 * Watches over the current program's loop until the scope closes: when it does not turn for `limitMillis`, give or take a quarter,
 * SIGALRM ends the process.
 *
 * @category watchdog
 */
export const start = Effect.fnUntraced(function* (
  limitMillis: number
): Effect.fn.Return<void, never, Reactor | ProcessCalls | Scope.Scope> {
  const loop = yield* Reactor
  const calls = yield* ProcessCalls
  const clock = new AlarmClock(calls, limitMillis)
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      loop.observer = clock
      clock.afterWait(loop.nowMillis)
    }),
    () =>
      Effect.sync(() => {
        loop.observer = undefined
        clock.callOff()
      })
  )
})
