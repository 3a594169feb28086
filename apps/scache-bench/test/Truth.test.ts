import { describe, expect, test } from "bun:test"
import type { Fault } from "./support/FaultyCache.ts"
import { load, texts } from "./support/loadFaulty.ts"

describe("a correct cache", () => {
  test.each(["always", "never"])("is found correct, with every request counted, io_uring %s", (ioUring) => {
    const found = load("none", ["--io-uring", ioUring])
    expect(texts(found)).toBe("")
    expect(found.exitCode).toBe(0)
    expect(found.rounds[0]?.operations).toBe(300)
    expect(Object.values(found.rounds[0]?.operationsByKind ?? {}).reduce((sum, each) => sum + each, 0)).toBe(300)
    // At least each find of the cycle, and all that were cached, at the end.
    expect(found.truth?.checkedDescriptors).toBeGreaterThanOrEqual(100)
  })

  test("is found correct where what is cached has labels that nobody asks for, and where nothing is", () => {
    const apart = load("none", ["--cached-apart"])
    expect([texts(apart), apart.exitCode]).toEqual(["", 0])
    const empty = load("none", ["--empty", "cache"])
    expect([texts(empty), empty.exitCode]).toEqual(["", 0])
    // The twenty that were cached come out at the end, besides what the cycles have found, which may differ by a few.
    const { checkedDescriptors: beside = 0 } = apart.truth ?? {}
    const { checkedDescriptors: without = 0 } = empty.truth ?? {}
    expect(beside).toBeGreaterThan(without + 10)
  })

  test("is found correct in an open loop, with dummies apart and any mix of requests", () => {
    const mix = ["--mix", "save_endp=3,find_endp=2,save_dest=1,find_dest=1", "--connections", "60"]
    const found = load("none", ["--rate", "3000", "--dummy-apart", "--popularity", "zipf:1", ...mix])
    expect(texts(found)).toBe("")
    expect(found.exitCode).toBe(0)
    expect(found.rounds[0]?.correctedLatency?.count).toBe(300)
  })
})

test("a server that a script has started is stopped, and looked at when it is", () => {
  const found = load("none", [], { isScript: true })
  expect(texts(found)).toBe("")
  expect(found.exitCode).toBe(0)
})

describe("a cache is caught that", () => {
  const cases: ReadonlyArray<readonly [Fault, string]> = [
    ["swap", "expected that of connection"],
    ["lose", "sees the end while it is cached"],
    ["leak", "leaks: it came back or has expired, and its peer sees no end"],
    ["properties", "are not those that were saved"],
    ["binding", "the binding's properties"],
    ["twice", "was handed out already"],
    ["miss", "nothing found, although"],
    ["stranger", "the descriptor is a stranger's"],
    ["youngest", "came before the older connection"],
    ["label", "was saved under"],
    ["refuse", "status 2, expected success"],
    ["hang up", "the server hung up"],
    ["close", "the server hung up"],
    ["endless", "sent more than 65536 bytes where the reply was due"],
    // These serve all of their rounds without a fault.
    ["close early", "its peer sees the end while it is cached, before the server is stopped"],
    ["leave an heir", "leaks: the server has ended, and its peer sees no end"],
    ["end badly", "when the server was stopped: it ended with exit code 7 on SIGTERM"]
  ]
  for (const [fault, expected] of cases) {
    test(fault, () => {
      const found = load(fault)
      expect(texts(found)).toContain(expected)
      expect(found.exitCode).toBe(1)
      expect(found.truth?.violationsTotal).toBeGreaterThan(0)
    })
  }
})
