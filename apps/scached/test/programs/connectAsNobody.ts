/** Connects to the socket at the path as user 65534, and prints what it hears: the greeting's length, or that the connection ended. */
import { KernelProcessCalls, ProcessCalls } from "@scached/daemon"
import { KernelSystemCalls, Readiness, SystemCalls } from "@scached/fdpass"
import { Effect, Layer } from "effect"

const nobody = 65_534
const [path = "", group = String(nobody)] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const calls = yield* SystemCalls
  const own = yield* ProcessCalls
  const socket = calls.socket()
  const epoll = calls.epollCreate()
  if (typeof socket === "number" || typeof epoll === "number") return "no descriptors"
  // All that Bun opens by itself is open by then.
  if (own.setGroups([Number(group)]) < 0 || own.setGroupId(nobody) < 0 || own.setUserId(nobody) < 0) return "not root"
  const connected = calls.connect(socket, path)
  if (connected < 0) return `connect: ${connected}`
  calls.epollAdd(epoll, socket, Readiness.readable, 1)
  calls.epollWait(epoll, calls.makeReadinessBatch(1), 20_000)
  const count = calls.receive(socket, calls.makeReceiveBuffer(1_000))
  return count > 0 ? "greeted" : "ended"
})

console.log(
  Effect.runSync(program.pipe(Effect.provide(Layer.mergeAll(KernelSystemCalls.layer, KernelProcessCalls.layer))))
)
