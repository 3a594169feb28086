import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { type RunFlags, settingsOf } from "../../src/command/RunSettings.ts"

const flags = (changes: Partial<RunFlags> = {}): RunFlags => ({
  targets: ["a=/run/cache"],
  postfix: false,
  unchecked: [],
  empty: [],
  clients: 16,
  durationSeconds: undefined,
  operations: undefined,
  warmUpSeconds: 2,
  patienceSeconds: 10,
  rounds: 3,
  rate: undefined,
  mix: "cycle",
  endpoints: 1_024,
  destinations: 1_024,
  popularity: "uniform",
  properties: "64",
  cached: 0,
  cachedApart: false,
  connections: undefined,
  ttlSeconds: 600,
  seed: 1,
  dummyApart: false,
  ioUring: "auto",
  pin: undefined,
  require: [],
  ...changes
})

const settings = (changes: Partial<RunFlags> = {}) => Result.getOrThrow(settingsOf(flags(changes), 20_000))

describe("settings of a run", () => {
  test("have defaults", () => {
    const { workload, roundSeconds, roundOperations, pinning } = settings()
    expect(workload.connections).toBe(256)
    expect([roundSeconds, roundOperations]).toEqual([10, undefined])
    expect(pinning).toEqual({ server: null, client: null })
  })

  test("are what the options say", () => {
    const found = settings({
      postfix: true,
      operations: 500,
      mix: "save_endp=2, find_dest=0.5",
      popularity: "zipf:1.2",
      properties: "20-30",
      pin: "0,2-3/1",
      require: ["ratio(a,scache)>2"],
      unchecked: ["scache"],
      cached: 100,
      clients: 100
    })
    expect(found.targets.map(({ name }) => name)).toEqual(["a", "scache"])
    expect(found.workload.mix).toEqual({ _tag: "Weights", weights: [2, 0, 0, 0.5] })
    expect(found.workload.popularity).toEqual({ _tag: "Zipf", exponent: 1.2 })
    expect([found.workload.propertyBytesMin, found.workload.propertyBytesMax]).toEqual([20, 30])
    expect(found.workload.connections).toBe(500)
    expect(found.pinning).toEqual({ server: "0,2-3", client: "1" })
    expect(found.roundSeconds).toBeUndefined()
    expect(found.thresholds.length).toBe(1)
  })

  for (const [changes, expected] of [
    [{ targets: [] }, "nothing to load"],
    [{ targets: ["a=/x", "a=/y"] }, "two targets are called a"],
    [{ unchecked: ["b"] }, "--unchecked b: there is no such target; there are a"],
    [{ empty: ["b"] }, "--empty b: there is no such target; there are a"],
    [{ empty: ["a"] }, "--empty a: nothing is cached beforehand for any target"],
    [{ cachedApart: true }, "--cached-apart: nothing is cached beforehand"],
    [{ properties: "30-20" }, "--properties 30-20: write the smaller size first"],
    [{ connections: 5, cached: 10 }, "expected at least"],
    [
      { cached: 1, cachedApart: true, endpoints: 10, destinations: 20 },
      "--cached-apart with --endpoints 10 and --destinations 20"
    ],
    [{ durationSeconds: 1, operations: 1 }, "limited by one of them"],
    [{ rate: 0 }, "--rate 0"],
    [{ durationSeconds: -1 }, "--duration -1"],
    [{ warmUpSeconds: Number.NaN }, "--warm-up"],
    [{ rounds: 0 }, "--rounds 0"],
    [{ mix: "find_endp=1,find_endp=2" }, "--mix find_endp=1,find_endp=2: find_endp is there twice"],
    [{ mix: "save=1" }, '"save=1" is not a request and its weight'],
    [{ popularity: "zipf:x" }, "--popularity zipf:x"],
    [{ properties: "1k" }, "--properties 1k"],
    [{ pin: "0" }, "--pin 0"],
    [{ clients: 0 }, "--clients 0"],
    [{ require: ["p99(b)<1ms"] }, 'there is no target "b"']
  ] as const) {
    test(`${JSON.stringify(changes)} is refused`, () => {
      const made = settingsOf(flags(changes), 20_000)
      expect(Result.isFailure(made) && made.failure.message).toContain(expected)
    })
  }
})
