/** Watched over with a limit of 400 ms: idles for longer than that, works for longer than that, and then hangs. */
import { KernelProcessCalls } from "@scached/daemon"
import { Effect } from "effect"
import { Reactor, Reactors, Watchdog } from "../../src/index.ts"

const program = Effect.gen(function* () {
  yield* Watchdog.start(400)
  const loop = yield* Reactor
  yield* Effect.sleep(900)
  process.stdout.write("idled\n")
  const end = loop.calls.monotonicMillis() + 900
  while (loop.calls.monotonicMillis() < end) yield* Effect.yieldNow
  process.stdout.write("worked\n")
  const epoll = loop.calls.epollCreate()
  if (process.argv[2] === "system call" && typeof epoll !== "number") {
    loop.calls.epollWait(epoll, loop.calls.makeReadinessBatch(1), 10_000)
  } else for (;;);
}).pipe(Effect.scoped, Effect.provide(KernelProcessCalls.layer))

Reactors.runMain(program, { exitCode: () => 0 })
