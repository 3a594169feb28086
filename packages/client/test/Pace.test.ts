/** How much the client does in one turn of the host's event loop: counted, not timed. */
import { describe, expect, test } from "bun:test"
import { SystemCalls } from "@scached/fdpass"
import { Effect, Exit, Scope } from "effect"
import { CacheClients, type ClientError, type ClientOptions, Readiness } from "../src/index.ts"
import { stepsMax } from "../src/internal/Pace.ts"
import { failureOf, label } from "./support/calls.ts"
import { Machine, path } from "./support/Machine.ts"

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * A client in the event loop of this very process, on a simulated kernel. Its cache says nothing until all have asked, and from then on it
 * has answered before anybody can look: whatever could be done at once is never kept from it by a wait.
 */
const open = async (
  options: Partial<ClientOptions>,
  { isMadeSync = false, readBytesMax }: { readonly isMadeSync?: boolean; readonly readBytesMax?: number } = {}
) => {
  const machine = new Machine()
  const state = { calls: 0, isAnswering: false }
  const calls: SystemCalls["Service"] = {
    ...machine.client.calls,
    send: (...args) => {
      state.calls++
      return machine.client.calls.send(...args)
    },
    receive: (socket, buffer) => {
      state.calls++
      while (state.isAnswering && machine.cache.step() === "moved");
      return machine.client.calls.receive(socket, buffer, readBytesMax)
    }
  }
  const readiness = Readiness.of({
    until: (_socket, _direction, ready) => setImmediate(ready)
  })
  const scope = Scope.makeUnsafe()
  const make = CacheClients.make({ path, waitingMax: 10_000, ...options }).pipe(
    Effect.provideService(SystemCalls, calls),
    Effect.provideService(Readiness, readiness),
    Effect.provideService(Scope.Scope, scope)
  )
  const client = isMadeSync ? Effect.runSync(make) : await Effect.runPromise(make)
  return { machine, state, client, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

/** The ends of calls in the order in which they came, and how many calls of the kernel and how many ends each turn had. */
const askAtOnce = async (
  count: number,
  { client, state }: Awaited<ReturnType<typeof open>>,
  onAsked: (ends: ReadonlyArray<unknown>) => void = () => {}
) => {
  const ends: Array<readonly [number, Exit.Exit<unknown, ClientError>]> = []
  const find = Effect.scoped(client.findEndpoint(label))
  for (let each = 0; each < count; each++) {
    Effect.runFork(find).addObserver((exit) => ends.push([each, exit]))
  }
  onAsked(ends)
  state.isAnswering = true
  expect(ends).toEqual([])
  const perTurn: Array<{ readonly calls: number; readonly ends: number }> = []
  while (ends.length < count) {
    const [callsBefore, endsBefore] = [state.calls, ends.length]
    await turn()
    perTurn.push({ calls: state.calls - callsBefore, ends: ends.length - endsBefore })
  }
  return {
    ends,
    callsMax: Math.max(...perTurn.map(({ calls }) => calls)),
    endsMax: Math.max(...perTurn.map((each) => each.ends))
  }
}

describe("a turn of the host's loop does no more", () => {
  for (const connectionsMax of [1, 64]) {
    test(`with a thousand in line than with fifty, over ${connectionsMax} connections`, async () => {
      for (const count of [50, 1000]) {
        const opened = await open({ connectionsMax })
        const { ends, callsMax, endsMax } = await askAtOnce(count, opened)
        if (connectionsMax === 1) expect(ends.map(([each]) => each)).toEqual(Array.from(Array(count).keys()))
        expect(ends.filter(([, exit]) => Exit.isFailure(exit))).toEqual([])
        expect(endsMax).toBeLessThanOrEqual(stepsMax)
        // A look whether the connection is good, the request, and an answer in two parts.
        expect(callsMax).toBeLessThanOrEqual(4 * stepsMax)
      }
    })
  }

  test("by a client that was made within a turn, whose scheduler is over with it", async () => {
    const opened = await open({}, { isMadeSync: true })
    const { endsMax } = await askAtOnce(100, opened)
    expect(endsMax).toBeLessThanOrEqual(stepsMax)
  })

  test("when each reply comes in crumbs, and every read brings one", async () => {
    const opened = await open({}, { readBytesMax: 1 })
    const { ends, callsMax } = await askAtOnce(20, opened)
    expect(ends.filter(([, exit]) => Exit.isFailure(exit))).toEqual([])
    expect(callsMax).toBeGreaterThan(8)
    expect(callsMax).toBeLessThanOrEqual(10 * stepsMax)
  })

  test("when all who wait are refused, the cache being out of reach", async () => {
    const opened = await open({ attemptsMax: 1 })
    const { ends, endsMax } = await askAtOnce(1000, opened, () => opened.machine.cache.stop())
    expect(ends.map(([each]) => each)).toEqual(Array.from(Array(1000).keys()))
    expect(ends.filter(([, exit]) => failureOf(exit)._tag === "CacheUnavailable")).toHaveLength(1000)
    expect(endsMax).toBeLessThanOrEqual(stepsMax)
  })

  test("when all who wait are turned away, and the client is closed when they are", async () => {
    const opened = await open({})
    let endsAtClose = -1
    const asked = askAtOnce(1000, opened, (ends) => opened.close().then(() => (endsAtClose = ends.length)))
    const { ends, endsMax } = await asked
    expect(ends.filter(([, exit]) => Exit.isFailure(exit) && failureOf(exit)._tag === "ClientClosed")).toHaveLength(999)
    expect(endsMax).toBeLessThanOrEqual(stepsMax)
    await turn()
    expect(endsAtClose).toBe(1000)
  })
})
