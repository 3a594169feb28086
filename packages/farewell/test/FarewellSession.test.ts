import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { Farewell, FarewellSession, type FarewellStep, farewellResults } from "../src/index.ts"
import { property } from "./support/property.ts"

const begun = (waitMillis = 5_000) => {
  const session = new FarewellSession(Farewell.named("smtp"), waitMillis)
  const first = session.start()
  return { session, first }
}

describe("the sequence", () => {
  test("says its words once, waits, drains, closes", () => {
    const { first, session } = begun()
    expect(first).toEqual({ _tag: "Say", octets: Buffer.from("QUIT\r\n") as Uint8Array })
    expect(session.said(6)).toEqual({ _tag: "AwaitEnd", millis: 5_000 })
    expect(session.farEnded()).toEqual({ _tag: "Drain", bytesMax: 4_096 })
    expect(session.drained()).toEqual({ _tag: "Close", result: "ended" })
  })

  test("says nothing where the far end has spoken or left, and still drains", () => {
    const { session } = begun()
    expect(session.notSilent()._tag).toBe("Drain")
    expect(session.drained()).toEqual({ _tag: "Close", result: "silent" })
  })

  for (const octets of [0, 1, 5, 7, -11, -32]) {
    test(`does not repeat a write that took ${octets} of 6`, () => {
      const { session } = begun()
      expect(session.said(octets)._tag).toBe("Drain")
      expect(session.drained()).toEqual({ _tag: "Close", result: "refused" })
    })
  }

  test("waits no longer than it may", () => {
    const { session } = begun()
    session.said(6)
    expect(session.timedOut()._tag).toBe("Drain")
    expect(session.drained()).toEqual({ _tag: "Close", result: "late" })
  })

  test("does not wait where no time is given", () => {
    const { session } = begun(0)
    expect(session.said(6)._tag).toBe("Drain")
    expect(session.drained()).toEqual({ _tag: "Close", result: "cut" })
  })

  test("gives way while it waits, after what was said", () => {
    const { session } = begun()
    expect(session.hurry()).toBeUndefined()
    session.said(6)
    expect(session.hurry()?._tag).toBe("Drain")
    expect(session.hurry()).toBeUndefined()
    expect(session.drained()).toEqual({ _tag: "Close", result: "cut" })
  })

  test("gives way before it has begun", () => {
    const session = new FarewellSession(Farewell.named("smtp"), 5_000)
    expect(session.hurry()).toEqual({ _tag: "Close", result: "unable" })
  })

  test("closes when its driver can do no more", () => {
    const { session } = begun()
    expect(session.failed()).toEqual({ _tag: "Close", result: "unable" })
    const waiting = begun().session
    waiting.said(6)
    expect(waiting.failed()).toEqual({ _tag: "Close", result: "cut" })
    const draining = begun().session
    draining.notSilent()
    expect(draining.failed()).toEqual({ _tag: "Close", result: "silent" })
  })

  test("takes nothing that cannot be", () => {
    const { session } = begun()
    expect(() => session.start()).toThrow("saying")
    expect(() => session.farEnded()).toThrow("saying")
    expect(() => session.drained()).toThrow("saying")
    session.notSilent()
    expect(() => session.said(6)).toThrow("draining")
    session.drained()
    expect(() => session.failed()).toThrow("over")
    expect(session.hurry()).toBeUndefined()
  })
})

test("whatever happens, there is one write at most, one close at last, and no byte to a far end that has spoken", () => {
  const script = fc.record({
    waitMillis: fc.constantFrom(0, 5_000),
    hurries: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    fails: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 }),
    isSilent: fc.boolean(),
    taken: fc.constantFrom(6, 6, 6, 3, 0, -11),
    isEnding: fc.boolean()
  })
  property(
    import.meta.file,
    "whatever happens",
    script,
    ({ fails, hurries, isEnding, isSilent, taken, waitMillis }) => {
      const session = new FarewellSession(Farewell.named("smtp"), waitMillis)
      const steps: Array<FarewellStep> = [session.start()]
      const react = (step: FarewellStep): FarewellStep | undefined => {
        switch (step._tag) {
          case "Say":
            return isSilent ? session.said(taken) : session.notSilent()
          case "AwaitEnd":
            return isEnding ? session.farEnded() : session.timedOut()
          case "Drain":
            return session.drained()
          case "Close":
            return undefined
        }
      }
      for (let turn = 0; turn < 6; turn++) {
        const last = steps.at(-1)
        if (last === undefined || last._tag === "Close") break
        const next =
          fails[turn] === 0 ? session.failed() : ((hurries[turn] === true ? session.hurry() : undefined) ?? react(last))
        if (next !== undefined) steps.push(next)
      }
      const tags = steps.map(({ _tag }) => _tag)
      expect(tags.filter((tag) => tag === "Say")).toHaveLength(1)
      expect(tags.indexOf("Close")).toBe(tags.length - 1)
      const [close] = steps.slice(-1)
      expect(close?._tag === "Close" && farewellResults.includes(close.result)).toBe(true)
      if (tags.includes("AwaitEnd")) expect(isSilent && taken === 6 && waitMillis > 0).toBe(true)
      if (close?._tag === "Close" && ["ended", "late"].includes(close.result)) expect(tags).toContain("Drain")
      expect(session.state).toBe("over")
    }
  )
})
