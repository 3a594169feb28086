import { expect, test } from "bun:test"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { Effect } from "effect"
import { KernelProcessCalls, OverflowIds, ProcessCalls } from "../src/index.ts"
import { processCallsOf } from "../src/testing/index.ts"

const first = "         0          0 4294967295\n"
const ofOneUser = "         0       1000          1\n"

/** What is found on a machine with these files. */
const lookUp = (files: Readonly<Record<string, string>>): OverflowIds.OverflowIds => {
  const processCalls = processCallsOf(new SimulatedSystemCalls.SimulatedKernel({ seed: 1 }).process("scached"))
  const readFile = (path: string) => {
    const text = files[path]
    return text === undefined ? -2 : Buffer.from(text)
  }
  return Effect.runSync(OverflowIds.lookUp.pipe(Effect.provideService(ProcessCalls, { ...processCalls, readFile })))
}

test("where all users and groups are known no number is anybody's", () => {
  expect(lookUp({ "/proc/self/uid_map": first, "/proc/self/gid_map": first })).toEqual({
    uid: undefined,
    gid: undefined
  })
  const parts = "0 0 65536\n65536 65536 4294901759\n"
  expect(lookUp({ "/proc/self/uid_map": parts, "/proc/self/gid_map": parts }).uid).toBeUndefined()
})

test("where some are not it is the kernel's number for them, or the usual one", () => {
  const maps = { "/proc/self/uid_map": ofOneUser, "/proc/self/gid_map": "0 100000 65536\n" }
  expect(lookUp(maps)).toEqual({ uid: 65_534, gid: 65_534 })
  expect(lookUp({ ...maps, "/proc/sys/kernel/overflowuid": "99\n", "/proc/sys/kernel/overflowgid": "98\n" })).toEqual({
    uid: 99,
    gid: 98
  })
  // Of one that was just made nobody has written the map yet.
  expect(lookUp({ ...maps, "/proc/self/uid_map": "" }).uid).toBe(65_534)
})

test("a kernel without user namespaces has none", () => {
  expect(lookUp({})).toEqual({ uid: undefined, gid: undefined })
})

test("on this machine they agree with its maps", async () => {
  const found = Effect.runSync(OverflowIds.lookUp.pipe(Effect.provide(KernelProcessCalls.layer)))
  const isAllKnown = OverflowIds.isWhole(await Bun.file("/proc/self/uid_map").text())
  expect(found.uid === undefined).toBe(isAllKnown)
})
