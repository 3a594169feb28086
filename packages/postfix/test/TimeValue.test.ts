import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { TimeValue } from "../src/index.ts"

const seconds = (text: string): number | string =>
  Result.match(TimeValue.parse(text, "s"), { onFailure: (error) => error.reason, onSuccess: (value) => value })

// Each answer was given by scache(8) of Postfix 3.7.11 for connection_cache_ttl_limit.
describe("time values as Postfix reads them", () => {
  const accepted: ReadonlyArray<readonly [string, number]> = [
    ["5s", 5],
    ["5s ", 5],
    [" 5", 5],
    ["+5", 5],
    ["010", 10],
    ["1h", 3_600],
    ["10d", 864_000],
    ["10w", 6_048_000],
    ["10sec", 10],
    ["2min", 120],
    ["1m30s", 60],
    ["1ws", 604_800],
    ["5m5", 300],
    ["-0s", 0],
    ["3549w", 2_146_435_200],
    ["35791393m", 2_147_483_580],
    ["2147483647", 2_147_483_647]
  ]
  for (const [text, expected] of accepted) {
    test(`"${text}" is ${expected} s`, () => expect(seconds(text)).toBe(expected))
  }
  const malformed = [
    "",
    "s",
    "m",
    "soon",
    "5 s",
    "-1",
    "5x",
    "1.5s",
    "5S",
    "10W",
    "1H",
    "1M",
    "0x10",
    "1e3",
    "+s",
    "-s",
    "5xs",
    "5é"
  ]
  for (const text of malformed) test(`"${text}" is malformed`, () => expect(seconds(text)).toBe("malformed"))
  for (const text of ["3550w", "35791394m", "596523h", "24855d", "2147483648", "99999w"]) {
    test(`"${text}" is too large`, () => expect(seconds(text)).toBe("too large"))
  }
  test("a number without a unit counts in the parameter's own", () => {
    expect(TimeValue.parse("2", "d")).toEqual(Result.succeed(172_800))
  })
  test("the message says what would be right", () => {
    const message = Result.match(TimeValue.parse("5x", "s"), { onFailure: (e) => e.message, onSuccess: String })
    expect(message).toBe('"5x" is not a time: write a whole number and a unit s, m, h, d or w, for instance 2s or 10m')
  })
})
