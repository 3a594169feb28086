/** Every fault at every system call of the start, which the runs of `Simulation.test.ts` begin after. */
import { expect, test } from "bun:test"
import { type Descriptor, Errno, SystemCallError } from "@scached/fdpass"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { Reactor, Reactors } from "@scached/reactor"
import { Cause, Effect, Exit } from "effect"
import * as CacheServer from "../../src/cache/CacheServer.ts"
import { reservedDescriptors } from "../../src/cache/clients/Admission.ts"
import { Journal } from "../../src/log/Journal.ts"
import { defaultCacheSettings } from "../support/defaultCacheSettings.ts"

const path = "/run/scached"

/** What became of a start. */
interface Start {
  /** How the client that came afterwards was greeted; nothing without a daemon. */
  readonly greeting: string
  readonly failure: unknown
  readonly warnings: ReadonlyArray<string>
  /** Whether the fault's turn came at all. */
  readonly isReached: boolean
}

const listen = (process: SimulatedSystemCalls.SimulatedProcess): Descriptor => {
  const listener = process.calls.socket()
  if (typeof listener === "number") throw new Error("no socket")
  process.calls.bind(listener, path)
  process.calls.listen(listener, 16)
  return listener
}

/** Starts the daemon, lets a client come, and interrupts it; whatever comes of it, nothing may be left open. */
const start = (fault: Omit<SimulatedSystemCalls.ScriptedFault, "process">): Start => {
  const kernel = new SimulatedSystemCalls.SimulatedKernel({ seed: 1 })
  const daemon = kernel.process("scached", { faults: { script: [fault] } })
  const listener = listen(daemon)
  const client = kernel.process("client")
  let greeting = ""
  const come = () => {
    const socket = client.calls.socket()
    if (typeof socket === "number" || client.calls.connect(socket, path) < 0) throw new Error("not connected")
    const buffer = client.calls.makeReceiveBuffer(64)
    kernel.addActor({
      name: "client",
      step: () => {
        const count = client.calls.receive(socket, buffer)
        if (count === -Errno.EAGAIN) return "idle"
        greeting = buffer.bytes.toString("latin1", 0, Math.max(0, count))
        socket.close()
        return "done"
      }
    })
  }
  const warnings: Array<string> = []
  const warning = (message: string) => warnings.push(message)
  const program = Effect.gen(function* () {
    const loop = yield* Reactor
    const fiber = yield* Effect.fiber
    yield* CacheServer.make([listener], defaultCacheSettings)
    come()
    loop.at(1_000, () => fiber.interruptUnsafe())
    yield* Effect.never
  }).pipe(Effect.scoped, Effect.provideService(Journal, { info: warning, warning, verbose: warning, isVerbose: false }))
  let failure: unknown
  try {
    const exit = Reactors.runSimulated(program, daemon.calls)
    if (Exit.isFailure(exit) && !Reactors.wasInterrupted(exit)) failure = Cause.squash(exit.cause)
  } catch (error) {
    failure = error
  }
  expect(daemon.openDescriptors().map(({ label }) => label)).toEqual(["socket"])
  expect(kernel.violations).toEqual([])
  return { greeting, failure, warnings, isReached: daemon.faults.counts.size > 0 }
}

/** The same fault at the first call, the second and so on, until the start is over. */
const startsWith = (call: SimulatedSystemCalls.FaultableCall, fault: SimulatedSystemCalls.FaultKind) => {
  const starts: Array<Start> = []
  for (let nth = 1; ; nth++) {
    const each = start({ call, nth, fault })
    if (!each.isReached) return starts
    starts.push(each)
  }
}

const greeting = "protocol\0connection_cache_protocol\0\0"

for (const fault of ["processTableFull", "systemTableFull"] as const) {
  test(`epollCreate: ${fault} ends a start without a loop, and costs any other its reserve`, () => {
    const [loop, idle, ...reserve] = startsWith("epollCreate", fault)
    expect(loop?.failure).toBeInstanceOf(SystemCallError)
    // The set of idle connections is made when the first of them is to be watched.
    expect(idle).toEqual({ greeting, failure: undefined, warnings: [], isReached: true })
    expect(reserve).toHaveLength(reservedDescriptors)
    for (const each of reserve) {
      expect(each).toEqual({
        greeting,
        failure: undefined,
        warnings: [expect.stringContaining("there is no room for 8 descriptors in reserve")],
        isReached: true
      })
    }
  })
}

for (const fault of ["noMemory", "watchLimit"] as const) {
  test(`epollAdd: ${fault} ends a start that cannot listen, and turns away a client that cannot be heard`, () => {
    const [idle, door, client, ...others] = startsWith("epollAdd", fault)
    expect(idle).toEqual({ greeting, failure: undefined, warnings: [], isReached: true })
    expect(door?.failure).toBeInstanceOf(SystemCallError)
    expect(client).toEqual({
      greeting: "",
      failure: undefined,
      warnings: [expect.stringContaining("a client was turned away")],
      isReached: true
    })
    expect(others).toEqual([])
  })
}

test("epollWait: an interruption at any turn delays nobody", () => {
  const starts = startsWith("epollWait", "interrupted")
  expect(starts.length).toBeGreaterThan(2)
  for (const each of starts) expect(each).toEqual({ greeting, failure: undefined, warnings: [], isReached: true })
})
