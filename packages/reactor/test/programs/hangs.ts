/**
 * Idles for longer than its watchdog's limit, works for longer than that, and then hangs.
 *
 * The alarm counts real time, as it must: a process that has no processor for so long is ended too, and so is one that the engine
 * stops. So what must not be ended has a limit of seconds, and only the hang a short one.
 */
import { KernelProcessCalls } from "@scached/daemon"
import { Effect } from "effect"
import { Reactor, Reactors, Watchdog } from "../../src/index.ts"

/** Not for ever: a process that the alarm does not end must not be left. */
const hangMillis = 40_000
const limitMillis = 3_000

const healthy = Effect.gen(function* () {
  yield* Watchdog.start(limitMillis)
  const loop = yield* Reactor
  yield* Effect.sleep(limitMillis * 1.5)
  process.stdout.write("idled\n")
  const end = loop.calls.monotonicMillis() + limitMillis * 1.5
  while (loop.calls.monotonicMillis() < end) yield* Effect.yieldNow
  process.stdout.write("worked\n")
}).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  yield* healthy
  yield* Watchdog.start(400)
  const loop = yield* Reactor
  const epoll = loop.calls.epollCreate()
  if (process.argv[2] === "system call" && typeof epoll !== "number") {
    loop.calls.epollWait(epoll, loop.calls.makeReadinessBatch(1), hangMillis)
  } else for (const end = performance.now() + hangMillis; performance.now() < end; );
}).pipe(Effect.scoped, Effect.provide(KernelProcessCalls.layer))

Reactors.runMain(program, { exitCode: () => 0 })
