import { expect, test } from "bun:test"
import { join } from "node:path"
import { Errno } from "@scached/fdpass"
import { SimulatedKernel } from "@scached/fdpass/testing"
import { Effect } from "effect"
import { DescriptorLimits, ProcessCalls } from "../src/index.ts"
import { processCallsOf } from "../src/testing/index.ts"
import { must } from "./support/calls.ts"

test("a process raises its soft limit to the hard one and no further, and counts what it has open", () => {
  const child = join(import.meta.dir, "programs/limits.ts")
  const run = Bun.spawnSync(["sh", "-c", 'ulimit -n 500; exec "$0" "$1" 100 500', process.execPath, child])
  expect(run.stderr.toString()).toBe("")
  const report = JSON.parse(run.stdout.toString())
  expect(report).toEqual({
    limit: { soft: 500, hard: 500 },
    lowered: 0,
    before: { soft: 100, hard: 500 },
    raised: 500,
    after: { soft: 500, hard: 500 },
    beyond: report.beyond,
    more: 2,
    byAsking: 2
  })
  // Root may raise the hard limit too, but not by way of the soft one.
  expect(report.beyond).toBe(-Errno.EINVAL)
})

test("a limit that may not be raised stays, and is what counts", () => {
  const self = new SimulatedKernel({ seed: 1 }).process("self", { descriptorsMax: 64, descriptorsHardMax: 128 })
  const raise = (calls = processCallsOf(self)) =>
    Effect.runSync(DescriptorLimits.raise.pipe(Effect.provideService(ProcessCalls, calls)))
  expect(raise({ ...processCallsOf(self), setDescriptorLimit: () => -Errno.EPERM })).toBe(64)
  expect([self.room, raise(), self.room]).toEqual([61, 128, 125])
  expect(processCallsOf(self).setDescriptorLimit(129)).toBe(-Errno.EINVAL)
  const before = processCallsOf(self).countDescriptors()
  for (const each of must(self.calls.socketPair())) expect(each.isOwned).toBe(true)
  expect([before, processCallsOf(self).countDescriptors()]).toEqual([3, 5])
})
