/** A cache in a process of its own: `bun cache.ts PATH [stalled]`. It says "ready", and ends with its standard input. */
import { type Descriptor, KernelSystemCalls, Readiness, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { TestCache } from "../support/TestCache.ts"

const [path = "", conduct] = process.argv.slice(2)
const calls = Effect.runSync(SystemCalls.pipe(Effect.provide(KernelSystemCalls.layer)))
const epoll = calls.epollCreate()
if (typeof epoll === "number") throw new Error("no epoll set")
const batch = calls.makeReadinessBatch(64)
const isStalled = conduct === "stalled"
// A stalled one looks at nobody: it would find its visitors ready for ever.
const watch = (socket: Descriptor) => isStalled || calls.epollAdd(epoll, socket, Readiness.readable, 0)
const cache = new TestCache(calls, { isStalled: () => isStalled }, watch)
cache.listen(path)
// Nobody's orphan: standard input ends with whoever has started it.
calls.epollAdd(epoll, calls.adopt(0), Readiness.readable, 1)
console.log("ready")
for (let isOver = false; !isOver; ) {
  while (cache.step() === "moved");
  const count = calls.epollWait(epoll, batch, -1)
  for (let index = 0; index < count; index++) isOver ||= batch.token(index) === 1
}
