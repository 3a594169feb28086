import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { OctetString, TtlSeconds } from "../src/index.ts"
import { ttlSeconds } from "./support/arbitraries.ts"
import { property } from "./support/property.ts"

const parse = (text: string) => TtlSeconds.fromOctets(Result.getOrThrow(OctetString.make(text)))

describe("malformed", () => {
  for (const text of [
    "",
    "0",
    "00",
    "000000000",
    "-1",
    "+5",
    " 5",
    "5 ",
    "\n5",
    "12x",
    "0x10",
    "1.5",
    "1e3",
    "\xb2",
    ":",
    "/",
    "2147483648",
    "4294967297",
    "99999999999999999999999"
  ]) {
    test(JSON.stringify(text), () => {
      const failure = Result.getOrThrow(Result.flip(parse(text)))
      expect(failure._tag).toBe("InvalidTtl")
      expect(failure.message).toContain("from 1 to 2147483647")
    })
  }
})

test("digits, leading zeros and the whole range are fine", () => {
  expect(Result.getOrThrow(parse("1")) as number).toBe(1)
  expect(Result.getOrThrow(parse("007")) as number).toBe(7)
  expect(Result.getOrThrow(parse(`${"0".repeat(40)}2147483647`))).toBe(TtlSeconds.max)
})

test("numbers outside the range, or not whole, are refused", () => {
  for (const seconds of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2_147_483_648]) {
    expect(Result.isFailure(TtlSeconds.make(seconds))).toBe(true)
  }
  expect(Result.isSuccess(TtlSeconds.make(1))).toBe(true)
})

test("what is printed parses back", () => {
  property(import.meta.path, "what is printed parses back", ttlSeconds, (seconds) => {
    expect(Result.getOrThrow(parse(String(seconds)))).toBe(seconds)
  })
})
