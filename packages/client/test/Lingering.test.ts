/** Connections that were told to linger: the event loop of whoever finds them does not wait. */
import { expect, test } from "bun:test"
import { KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { openCache } from "../src/index.ts"
import { DeferredCloses } from "../src/internal/DeferredCloses.ts"
import type { HostLoop } from "../src/internal/HostLoop.ts"
import { CacheProcess } from "./support/CacheProcess.ts"
import { lingeringSocket } from "./support/lingering.ts"

const kernel = Effect.runSync(Effect.map(SystemCalls, (found) => found).pipe(Effect.provide(KernelSystemCalls.layer)))

test("one that was found is let go of at once", async () => {
  await using process = await CacheProcess.start()
  await using cache = openCache({ path: process.path })
  const [socket, listener] = lingeringSocket(kernel)
  await cache.saveEndpoint({ label: "imap", ttlSeconds: 60, descriptor: socket })
  {
    using found = await cache.findEndpoint("imap")
    expect(found).toBeDefined()
    // The cache has closed its copy by the time it answers the next request: what is closed now is the last one.
    expect(await cache.findEndpoint("imap")).toBeUndefined()
  }
  // A close that waits would not have come here within the hour.
  while (kernel.closesUnderWay() > 0) await Bun.sleep(5)
  listener.close()
})

/** Calls of which closes end as the test says, and a loop whose tasks it runs. */
const standIn = () => {
  const state = { underWay: 0, hurried: 0, endsWithHurry: 0, delays: [] as Array<number> }
  const tasks: Array<() => void> = []
  const calls = {
    ...kernel,
    letGo: () => void state.underWay++,
    closesUnderWay: () => state.underWay,
    hurryCloses: () => {
      state.hurried++
      state.underWay -= Math.min(state.underWay, state.endsWithHurry)
    }
  }
  const loop: HostLoop = {
    nowMillis: () => 0,
    inNextTurn: (task) => task(),
    after: (millis, task) => {
      state.delays.push(millis)
      tasks.push(task)
      return () => {}
    }
  }
  return {
    state,
    closes: new DeferredCloses(calls, loop),
    runAll: () => {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task()
    }
  }
}

// Only counted here.
const descriptor = kernel.adopt(0)

test("waits that a signal can end are ended, with one timer for all of them", () => {
  const { closes, runAll, state } = standIn()
  state.endsWithHurry = 1
  for (let left = 3; left > 0; left--) closes.letGo(descriptor)
  expect(state.delays).toEqual([2])
  runAll()
  expect([state.underWay, state.hurried]).toEqual([0, 3])
})

test("what does not end is looked after a few times only: it must not keep the program alive", () => {
  const { closes, runAll, state } = standIn()
  closes.letGo(descriptor)
  runAll()
  expect(state.delays).toEqual([2, 4, 8, 16, 32, 64])
  closes.letGo(descriptor)
  expect(state.delays).toHaveLength(7)
})
