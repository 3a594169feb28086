import { describe, expect, test } from "bun:test"
import { load, texts } from "./support/loadFaulty.ts"

describe("a server that stands still", () => {
  test("counts as stuck with all its clients, who come back when it goes on", () => {
    const found = load("stall", ["--patience", "0.5"])
    expect([texts(found), found.exitCode]).toEqual(["", 0])
    const [round] = found.rounds
    // All clients wait for one stall: without coming back they would do no more than what was before it.
    expect([round?.operations, round?.errors]).toEqual([300, 0])
    expect(round?.stuck).toBeGreaterThan(0)
    expect(round?.serviceTime.count).toBe(300)
    expect((round?.serviceTime.maxNanos ?? 0) / 1e6).toBeGreaterThan(600)
    expect(found.table.replaceAll("\n", " ")).toMatch(/cache: \d operations? got stuck; the latency counts/)
  })

  test("while clients warm up takes none of them from the measured part", () => {
    const found = load("stall", ["--patience", "0.5", "--warm-up", "0.2"])
    expect([texts(found), found.exitCode]).toEqual(["", 0])
    const [round] = found.rounds
    expect([round?.operations, round?.errors]).toEqual([300, 0])
  })

  test("and never answers leaves an operation that is in the percentiles, and no wrong answer", () => {
    const found = load("silence", ["--patience", "1", "--duration", "1.5"])
    expect(texts(found)).toBe("")
    expect(found.exitCode).toBe(1)
    expect(found.errors).toBe("scache-bench: operations that cache never answered\n")
    const [round] = found.rounds
    expect([round?.stuck, round?.errors]).toEqual([1, 1])
    expect(round?.serviceTime.count).toBe((round?.operations ?? 0) + 1)
    expect((round?.serviceTime.maxNanos ?? 0) / 1e6).toBeGreaterThan(1_000)
  })

  test("in an open loop is charged with what was due meanwhile", () => {
    const found = load("stall", ["--rate", "400", "--duration", "1.5"])
    expect(texts(found)).toBe("")
    const [round] = found.rounds
    // All that were due are in the percentiles, however late they began, and those that never began.
    expect((round?.late ?? 0) + (round?.neverBegun ?? 0)).toBeGreaterThan(0)
    expect(round?.correctedLatency?.count).toBe(600)
    expect((round?.correctedLatency?.maxNanos ?? 0) / 1e6).toBeGreaterThan(600)
  })
})
