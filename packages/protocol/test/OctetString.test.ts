import { expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { OctetString } from "../src/index.ts"
import { octets } from "./support/arbitraries.ts"
import { property } from "./support/property.ts"

const all = new Uint8Array(255).map((_, index) => index + 1)

test("every octet but NUL comes back", () => {
  const octetString = Result.getOrThrow(OctetString.fromBytes(all))
  expect(octetString.length).toBe(255)
  expect(OctetString.toBytes(octetString)).toEqual(all)
})

test("NUL is refused, and where it stands is said", () => {
  const failure = Result.getOrThrow(Result.flip(OctetString.fromBytes(new Uint8Array([0x61, 0, 0x62]))))
  expect(failure._tag).toBe("InvalidOctets")
  expect(failure.index).toBe(1)
  expect(failure.message).toContain("octet 1 is NUL")
  expect(Result.isFailure(OctetString.make("a\0"))).toBe(true)
  expect(Result.isFailure(OctetString.fromUtf8("a\0"))).toBe(true)
})

test("a unit above 0xFF is refused", () => {
  const failure = Result.getOrThrow(Result.flip(OctetString.make("aé€")))
  expect(failure.index).toBe(2)
  expect(failure.unit).toBe(0x20ac)
  expect(failure.message).toContain("0x20ac")
})

test("text keeps its UTF-8 bytes", () => {
  expect(OctetString.toBytes(Result.getOrThrow(OctetString.fromUtf8("é€")))).toEqual(new TextEncoder().encode("é€"))
})

test("a range is taken alone, and stays inside the array", () => {
  expect(Result.getOrThrow(OctetString.fromBytes(new Uint8Array([0, 0x61, 0x62, 0]), 1, 3)) as string).toBe("ab")
  expect(Result.getOrThrow(OctetString.fromBytes(new Uint8Array([0x61]), -5, 99)) as string).toBe("a")
  expect(Result.getOrThrow(OctetString.fromBytes(new Uint8Array([0x61]), 1, 0))).toBe(OctetString.empty)
})

test("what is printed parses back", () => {
  property(import.meta.path, "what is printed parses back", octets, (value) => {
    expect(Result.getOrThrow(OctetString.fromBytes(OctetString.toBytes(value)))).toBe(value)
    expect(Result.getOrThrow(OctetString.make(value))).toBe(value)
  })
})

test("NUL is found wherever it is", () => {
  const place = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }))
  property(import.meta.path, "NUL is found wherever it is", place, ([before, behind]) => {
    const bytes = new Uint8Array(before + 1 + behind).fill(0x61)
    bytes[before] = 0
    const failure = Result.getOrThrow(Result.flip(OctetString.fromBytes(bytes)))
    expect(failure.index).toBe(before)
  })
})
