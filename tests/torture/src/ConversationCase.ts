/** Conversations that are right but for one thing here and there, as arbitrary values. */
import fc from "fast-check"
import { listOf } from "./ReferenceServer.ts"

type Pair = readonly [name: string, value: string]

/** How a write is cut into pieces. */
export type Cut = "whole" | "in two" | "byte by byte"

/** One exchange of a client. */
export interface Exchange {
  readonly kind: "save" | "find" | "bind" | "find by destination" | "stray descriptor"
  /** The request, without the prefix that labels get. */
  readonly pairs: ReadonlyArray<Pair>
  readonly cut: Cut
  /** How many descriptors come in place of one. */
  readonly cargo: 0 | 1 | 2 | 10
  /** What stands in place of the first and the last dummy. */
  readonly dummies: readonly [first: string, last: string]
}

/** A client's whole visit. */
export interface Visit {
  readonly exchanges: ReadonlyArray<Exchange>
  /** The bytes of one more request after which it stops half-way; none when 0. */
  readonly half: number
  readonly end: "close" | "half-close" | "unread"
}

/** Stands before every label of a visit, so that none meets what another left; put in place of this character. */
export const labelMark = "\x01"

const label = fc.constantFrom("a", "b", "c\n[192.0.2.1]\n", "d\xe9").map((text) => `${labelMark}${text}`)
const text = fc.constantFrom("", "p", "q\n*", "\xff\xfe", "x".repeat(3_000))
const ttl = fc.oneof(
  { weight: 9, arbitrary: fc.constant("1000") },
  fc.constantFrom("0", "-1", "12x", "", "2147483648", "0007", "+5")
)

const rightly: fc.Arbitrary<Pick<Exchange, "kind" | "pairs">> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(ttl, label, text).map(([seconds, name, properties]) => ({
      kind: "save" as const,
      pairs: [
        ["request", "save_endp"],
        ["ttl", seconds],
        ["label", name],
        ["property", properties]
      ] as const
    }))
  },
  {
    weight: 3,
    arbitrary: label.map((name) => ({
      kind: "find" as const,
      pairs: [
        ["request", "find_endp"],
        ["label", name]
      ] as const
    }))
  },
  {
    weight: 2,
    arbitrary: fc.tuple(ttl, label, text, label).map(([seconds, name, properties, endpoint]) => ({
      kind: "bind" as const,
      pairs: [
        ["request", "save_dest"],
        ["ttl", seconds],
        ["label", name],
        ["property", properties],
        ["label", endpoint]
      ] as const
    }))
  },
  {
    weight: 2,
    arbitrary: label.map((name) => ({
      kind: "find by destination" as const,
      pairs: [
        ["request", "find_dest"],
        ["label", name]
      ] as const
    }))
  },
  { weight: 1, arbitrary: fc.constant({ kind: "stray descriptor" as const, pairs: [] }) }
)

const spoilt = fc.record({
  how: fc.constantFrom("missing", "doubled", "exchanged", "extra", "renamed", "other request", "too large"),
  at: fc.nat(4)
})
type Spoilt = typeof spoilt extends fc.Arbitrary<infer A> ? A : never

const spoil = (pairs: ReadonlyArray<Pair>, { how, at }: Spoilt): ReadonlyArray<Pair> => {
  const index = at % Math.max(1, pairs.length)
  const [before, pair, after] = [pairs.slice(0, index), pairs[index], pairs.slice(index + 1)]
  const [next, ...rest] = after
  if (pair === undefined) return pairs
  switch (how) {
    case "missing":
      return [...before, ...after]
    case "doubled":
      return [...before, pair, pair, ...after]
    case "exchanged":
      return next === undefined ? pairs : [...before, next, pair, ...rest]
    case "extra":
      return [...pairs, ["extra", "value"], ["label", "other"]]
    case "renamed":
      return [...before, ["x", pair[1]], ...after]
    case "other request":
      return [["request", "find_all"], ...pairs.slice(1)]
    default:
      return [...pairs, ["extra", "y".repeat(70_000)]]
  }
}

const dummy = listOf(["dummy", ""])
const rightDummies: Exchange["dummies"] = [dummy, dummy]
const inPlaceOfDummy = fc.constantFrom("\0", listOf(["x", "y"]), listOf(["dummy", "value"], ["x", ""]))

/** Mostly as it should be; a third of the exchanges have one thing wrong. */
const exchange: fc.Arbitrary<Exchange> = fc
  .record({
    base: rightly,
    defect: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      { weight: 2, arbitrary: spoilt.map((value) => ({ _tag: "Spoilt" as const, value })) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(0, 2, 10).map((cargo) => ({ _tag: "Cargo" as const, cargo: cargo as 0 | 2 | 10 }))
      },
      {
        weight: 1,
        arbitrary: fc.tuple(inPlaceOfDummy, fc.boolean()).map(([bytes, isFirst]) => ({
          _tag: "Dummy" as const,
          dummies: isFirst ? ([bytes, dummy] as const) : ([dummy, bytes] as const)
        }))
      }
    ),
    cut: fc.constantFrom<Cut>("whole", "whole", "in two", "byte by byte")
  })
  .map(({ base, defect, cut }) => ({
    kind: base.kind,
    pairs: defect?._tag === "Spoilt" ? spoil(base.pairs, defect.value) : base.pairs,
    // A byte at a time, a large request would take all of a test's time.
    cut: base.pairs.some(([, value]) => value.length > 100) || defect?._tag === "Spoilt" ? "in two" : cut,
    cargo: defect?._tag === "Cargo" ? defect.cargo : 1,
    dummies: defect?._tag === "Dummy" ? defect.dummies : rightDummies
  }))

/** A visit of up to twelve exchanges. */
export const visit: fc.Arbitrary<Visit> = fc.record({
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 12 }),
  half: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  end: fc.constantFrom("close" as const, "half-close" as const, "unread" as const)
})
