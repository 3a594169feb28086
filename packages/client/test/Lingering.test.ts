/** Connections that were told to linger: the event loop of whoever finds them does not wait. */
import { expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { openCache } from "../src/index.ts"
import { DeferredCloses } from "../src/internal/DeferredCloses.ts"
import type { HostLoop } from "../src/internal/HostLoop.ts"
import { CacheProcess } from "./support/CacheProcess.ts"

const kernel = Effect.runSync(Effect.map(SystemCalls, (found) => found).pipe(Effect.provide(KernelSystemCalls.layer)))

const program = join(import.meta.dir, "../../fdpass/test/programs/sendLingering.ts")

/** A connection that lingers for an hour, made by another process, which keeps its far end. */
const receiveLingering = async () => {
  const directory = mkdtempSync(join(tmpdir(), "scached-client-"))
  const path = join(directory, "socket")
  const listener = kernel.socket()
  if (typeof listener === "number") throw new Error("no socket")
  kernel.bind(listener, path)
  kernel.listen(listener, 1)
  const maker = Bun.spawn([process.execPath, program, path], { stdio: ["ignore", "inherit", "inherit"] })
  const buffer = kernel.makeReceiveBuffer(8)
  const socket = await until(() => kernel.accept(listener))
  await until(() => (kernel.receive(socket, buffer) > 0 ? "received" : -1))
  const cargo = buffer.takeDescriptor()
  if (cargo === undefined) throw new Error("no descriptor came")
  for (const each of [listener, socket]) each.close()
  rmSync(directory, { recursive: true })
  return { cargo, maker }
}

/** What a call answers once it does not fail any more. */
const until = async <A>(call: () => A | number): Promise<A> => {
  for (;;) {
    const found = call()
    if (typeof found !== "number") return found
    await Bun.sleep(1)
  }
}

test("one that was found is let go of at once", async () => {
  await using server = await CacheProcess.start()
  await using cache = openCache({ path: server.path })
  const { cargo, maker } = await receiveLingering()
  await cache.saveEndpoint({ label: "imap", ttlSeconds: 60, descriptor: cargo })
  {
    using found = await cache.findEndpoint("imap")
    expect(found).toBeDefined()
    // The cache has closed its copy by the time it answers the next request: what is closed now is the last one.
    expect(await cache.findEndpoint("imap")).toBeUndefined()
  }
  // A close that waits would not have come here within the hour.
  while (kernel.closesUnderWay() > 0) await Bun.sleep(5)
  maker.kill("SIGKILL")
  await maker.exited
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
