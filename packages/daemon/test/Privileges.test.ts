/** Giving up capabilities: what is held, what cannot be done, and what matters of it. */

import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { Errno, type SystemCallError } from "@scached/fdpass"
import { type ProcessOptions, SimulatedKernel } from "@scached/fdpass/testing"
import { Effect } from "effect"
import { KernelProcessCalls, Privileges, ProcessCalls, type ProcessCallsShape } from "../src/index.ts"
import { processCallsOf } from "../src/testing/index.ts"

const runWith = (
  calls: ProcessCallsShape,
  effect: Effect.Effect<Privileges.Relinquished, SystemCallError | Privileges.PrivilegesRemain, ProcessCalls>
) => Effect.runSync(Effect.result(effect.pipe(Effect.provideService(ProcessCalls, calls))))

const simulated = (options: ProcessOptions = {}): ProcessCallsShape =>
  processCallsOf(new SimulatedKernel({ seed: 1 }).process("self", options))

const nothing = { effective: 0n, permitted: 0n, inheritable: 0n, bounding: 0n, ambient: 0n }

describe("giving up capabilities", () => {
  test("a user's process that was given some keeps none", () => {
    const given = 1n << 10n
    const calls = simulated({ uid: 5, capabilities: { effective: given, permitted: given, ambient: given } })
    const result = runWith(calls, Privileges.relinquish)
    expect(result).toMatchObject({ _tag: "Success" })
    expect(calls.capabilities()).toMatchObject({ ...nothing, bounding: expect.anything() })
    // It never had the right to empty the bounding set.
    expect(result).toMatchObject({ success: { remarks: [expect.stringContaining("bounding set")] } })
  })

  test("root empties the bounding set before it becomes somebody else", () => {
    const calls = simulated()
    const user = { name: "postfix", uid: 89, gid: 89, groups: [89] }
    expect(runWith(calls, Privileges.become(user))).toMatchObject({ success: { remarks: [] } })
    expect(calls.capabilities()).toEqual(nothing)
  })

  test("a container's root without CAP_SETPCAP becomes somebody else all the same, and says what stays", () => {
    const few = 0b11n << 6n
    const calls = simulated({ capabilities: { effective: few, permitted: few, bounding: few } })
    const user = { name: "postfix", uid: 89, gid: 89, groups: [89] }
    const result = runWith(calls, Privileges.become(user))
    expect(result).toMatchObject({ success: { remarks: [expect.stringContaining("EPERM")] } })
    expect(calls.capabilities()).toEqual({ ...nothing, bounding: few })
  })

  test("a refusal is no failure where nothing was held", () => {
    const refused = { clearCapabilities: () => -Errno.EPERM, dropBoundingSet: () => -Errno.EPERM }
    const result = runWith({ ...simulated({ uid: 5 }), ...refused }, Privileges.relinquish)
    expect(result).toMatchObject({
      success: { remarks: [expect.stringContaining("bounding set"), expect.stringContaining("none was held")] }
    })
  })

  test("what is still held is one, whatever the kernel said", () => {
    for (const clearCapabilities of [() => 0, () => -Errno.EPERM]) {
      const result = runWith({ ...simulated(), clearCapabilities }, Privileges.relinquish)
      expect(result).toMatchObject({ failure: { _tag: "PrivilegesRemain" } })
      expect(String(result._tag === "Failure" ? result.failure.message : "")).toContain("effective 1ffffffffff")
    }
  })

  test("nor is it known that nothing is held where one may not even look", () => {
    const blind = { capabilities: () => -Errno.EPERM, clearCapabilities: () => -Errno.EPERM }
    expect(runWith({ ...simulated(), ...blind }, Privileges.relinquish)).toMatchObject({
      failure: { _tag: "SystemCallError", operation: "capset" }
    })
  })
})

test("the sets are those that /proc shows", () => {
  const calls = Effect.runSync(Effect.map(ProcessCalls, (each) => each).pipe(Effect.provide(KernelProcessCalls.layer)))
  const status = readFileSync("/proc/thread-self/status", "utf8")
  const shown = (name: string): bigint => BigInt(`0x${new RegExp(`^${name}:\\t(.*)$`, "m").exec(status)?.[1]}`)
  expect(calls.capabilities()).toEqual({
    effective: shown("CapEff"),
    permitted: shown("CapPrm"),
    inheritable: shown("CapInh"),
    bounding: shown("CapBnd"),
    ambient: shown("CapAmb")
  })
})
