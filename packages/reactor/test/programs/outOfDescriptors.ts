/** Serves with few descriptors on the real kernel, is at its limit, and goes on: prints what came of it as JSON. */

import { KernelProcessCalls, ProcessCalls } from "@scached/daemon"
import { type Descriptor, KernelSystemCalls, SystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { Acceptor, DescriptorReserve, EventLoop, noHost } from "@scached/reactor"
import { Effect } from "effect"

const kernel = Effect.runSync(Effect.provide(SystemCalls, KernelSystemCalls.layer))
const processCalls = Effect.runSync(Effect.provide(ProcessCalls, KernelProcessCalls.layer))
// Should it ever hang.
processCalls.setAlarm(10_000)

const must = <A>(result: A | number): A => {
  if (typeof result === "number") throw new Error(`errno ${-result}`)
  return result
}

const path = `${process.argv[2]}/socket`
let accepts = 0
const calls: SystemCallsShape = {
  ...kernel,
  accept: (listener) => {
    accepts++
    return kernel.accept(listener)
  }
}
const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
const listener = must(calls.socket())
calls.bind(listener, path)
calls.listen(listener, 64)
const reserve = DescriptorReserve.open(calls, 2)
const clients = Array.from({ length: 8 }, () => must(calls.socket()))
const accepted: Array<Descriptor> = []
const told: Array<string> = []
const acceptor = Acceptor.open(
  loop,
  listener,
  {
    onSocket: (socket) => accepted.push(socket),
    onTrouble: (error) => told.push(error.errnoName),
    onRelief: () => told.push("over")
  },
  { reserve }
)
if (!(acceptor instanceof Acceptor)) throw acceptor

// Room for five more than there are.
processCalls.setDescriptorLimit(256)
const fillers: Array<Descriptor> = []
for (let more = calls.epollCreate(); typeof more !== "number"; more = calls.epollCreate()) fillers.push(more)
for (const filler of fillers.splice(0, 5)) filler.close()
const [latecomer, ...early] = clients
for (const client of early) calls.connect(client, path)

loop.turn()
const atLimit = accepted.length
const before = accepts
// Each of these waits for the next try: a loop that spins would try without end, and never get through here.
let tries = 0
const end = loop.nowMillis + 1_000
for (; loop.nowMillis < end; tries++) loop.turn()
const triedAgain = accepts - before
const isLogOpened = reserve.lend(() => {
  const log = calls.socket()
  if (typeof log !== "number") log.close()
  return typeof log !== "number"
})
for (const socket of accepted.splice(0, 3)) socket.close()
acceptor.descriptorFreed()
loop.turn()
const afterwards = accepted.length
for (const socket of accepted.splice(0, 2)) socket.close()
acceptor.descriptorFreed()
if (latecomer !== undefined) calls.connect(latecomer, path)
loop.turn()
// Nobody was lost: every client can be spoken to, or has been closed from here.
const greetings = clients.map((client) => calls.send(client, Buffer.from("hello")))
console.log(
  JSON.stringify({
    atLimit,
    isSpinning: tries > 100 || triedAgain > 100,
    isLogOpened,
    reserve: reserve.size,
    afterwards,
    heard: greetings.filter((outcome) => outcome === 5).length,
    told
  })
)
process.exit(0)
