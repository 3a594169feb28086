/** Run by ProcessCalls.test.ts: sets an alarm and then never returns, in JavaScript or in a system call. */
import { Effect } from "effect"
import { KernelProcessCalls, KernelSystemCalls, ProcessCalls, SystemCalls } from "../../src/index.ts"

const program = Effect.gen(function* () {
  const process_ = yield* ProcessCalls
  const calls = yield* SystemCalls
  process_.setAlarm(60_000)
  process_.setAlarm(100)
  if (process.argv[2] === "called off") {
    process_.setAlarm(0)
    Bun.sleepSync(200)
    return
  }
  if (process.argv[2] === "JavaScript") for (;;);
  const epoll = calls.epollCreate()
  if (typeof epoll !== "number") calls.epollWait(epoll, calls.makeReadinessBatch(1), 30_000)
})

const layers = [KernelProcessCalls.layer, KernelSystemCalls.layer] as const
Effect.runSync(program.pipe(Effect.provide(layers[0]), Effect.provide(layers[1])))
