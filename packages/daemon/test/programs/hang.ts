/** Run by ProcessCalls.test.ts: sets an alarm and then never returns, in JavaScript or in a system call. */

import { KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { KernelProcessCalls, ProcessCalls } from "../../src/index.ts"

/** Not for ever: where the alarm is broken, and the parent was ended too, a process would be left that takes a whole processor. */
const hangMillis = 55_000

const program = Effect.gen(function* () {
  const process_ = yield* ProcessCalls
  const calls = yield* SystemCalls
  process_.setAlarm(60_000)
  const isCalledOff = process.argv[2] === "called off"
  // Time enough to call it off on a busy machine, too.
  process_.setAlarm(isCalledOff ? 1_500 : 100)
  if (isCalledOff) {
    process_.setAlarm(0)
    Bun.sleepSync(2_000)
    return
  }
  if (process.argv[2] === "JavaScript") for (const end = performance.now() + hangMillis; performance.now() < end; );
  const epoll = calls.epollCreate()
  if (typeof epoll !== "number") calls.epollWait(epoll, calls.makeReadinessBatch(1), hangMillis)
})

const layers = [KernelProcessCalls.layer, KernelSystemCalls.layer] as const
Effect.runSync(program.pipe(Effect.provide(layers[0]), Effect.provide(layers[1])))
