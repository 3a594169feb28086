import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { AttributeList, OctetString } from "../src/index.ts"
import { octets } from "./support/arbitraries.ts"
import { list } from "./support/lists.ts"
import { property } from "./support/property.ts"
import { allSplits, join, seeded } from "./support/splits.ts"

const octet = (text: string) => Result.getOrThrow(OctetString.make(text))
const attribute = (name: string, value: string) => ({ name: octet(name), value: octet(value) })

const vectors: ReadonlyArray<readonly [AttributeList.AttributeList, Uint8Array]> = [
  [[], new Uint8Array([0])],
  [[attribute("a", "b")], new Uint8Array([0x61, 0, 0x62, 0, 0])],
  [[attribute("dummy", "")], list("dummy=")],
  [[attribute("property", ""), attribute("property", "")], list("property=", "property=")],
  [[attribute("property", ""), attribute("label", "\xff\x01\n")], list("property=", "label=\xff\x01\n")],
  [[attribute("label", "x".repeat(3000))], list(`label=${"x".repeat(3000)}`)]
]

for (const [how, split] of allSplits) {
  describe(how, () => {
    for (const [index, [attributes, bytes]] of vectors.entries()) {
      test(`vector ${index}`, () => {
        expect(Result.getOrThrow(AttributeList.encode(attributes))).toEqual(bytes)
        expect(Result.getOrThrow(AttributeList.decode(bytes))).toEqual(attributes)
        const decoder = new AttributeList.Decoder()
        const lists = split()({ bytes }).flatMap((read) => decoder.push(read.bytes))
        expect(lists).toEqual([attributes])
        expect(decoder.isInsideList).toBe(false)
        expect(decoder.consumedBytes).toBe(bytes.length)
      })
    }
  })
}

test("not exactly one list", () => {
  const found = (bytes: Uint8Array) => Result.getOrThrow(Result.flip(AttributeList.decode(bytes))).found
  expect(found(new Uint8Array())).toBe("incomplete")
  expect(found(list("a=b").subarray(0, 4))).toBe("incomplete")
  expect(found(join([list("a=b"), new Uint8Array([0x61])]))).toBe("trailing bytes")
  expect(found(join([list("a=b"), list("a=b")]))).toBe("trailing bytes")
})

test("an empty name would end the list, so it is refused", () => {
  const failure = Result.getOrThrow(Result.flip(AttributeList.encode([attribute("a", ""), attribute("", "x")])))
  expect(failure._tag).toBe("EmptyAttributeName")
  expect(failure.index).toBe(1)
  expect(failure.message).toContain("attribute 1")
})

test("a list of the limit is read, one byte more is not, however it is split", () => {
  const bytes = list(`label=${"x".repeat(42)}`)
  expect(bytes.length).toBe(50)
  for (const [, split] of allSplits) {
    const fits = new AttributeList.Decoder({ listBytesMax: 50 })
    expect(split()({ bytes: join([bytes, bytes]) }).flatMap((read) => fits.push(read.bytes)).length).toBe(2)
    expect(fits.failure).toBeUndefined()
    const short = new AttributeList.Decoder({ listBytesMax: 49 })
    const reads = split()({ bytes: join([list("a=b"), bytes, list("a=b")]) })
    expect(reads.flatMap((read) => short.push(read.bytes)).length).toBe(1)
    expect(short.failure?._tag).toBe("ListTooLarge")
    expect(short.failure?.message).toContain("49 bytes")
  }
})

test("what is printed parses back, however it is split", () => {
  const named = fc.record({ name: octets.filter((name) => name !== ""), value: octets })
  const lists = fc.tuple(fc.array(fc.array(named, { maxLength: 5 }), { maxLength: 5 }), fc.integer())
  property(import.meta.path, "what is printed parses back", lists, ([values, seed]) => {
    const bytes = join(values.map((value) => Result.getOrThrow(AttributeList.encode(value))))
    const decoder = new AttributeList.Decoder()
    expect(seeded(seed)({ bytes }).flatMap((read) => decoder.push(read.bytes))).toEqual(values)
    expect(decoder.isInsideList).toBe(false)
  })
})

test("no bytes make it throw, and splits do not matter", () => {
  const noise = fc.tuple(fc.array(fc.constantFrom(0, 0, 0x61, 0xff), { maxLength: 200 }), fc.integer())
  property(import.meta.path, "no bytes make it throw", noise, ([units, seed]) => {
    const bytes = new Uint8Array(units)
    const atOnce = new AttributeList.Decoder({ listBytesMax: 20 })
    const split = new AttributeList.Decoder({ listBytesMax: 20 })
    expect(seeded(seed)({ bytes }).flatMap((read) => split.push(read.bytes))).toEqual([...atOnce.push(bytes)])
    expect(split.failure?._tag).toBe(atOnce.failure?._tag)
  })
})
