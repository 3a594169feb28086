import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { ByteText } from "../src/index.ts"
import { property } from "./support/property.ts"

describe("text that keeps its bytes", () => {
  test("UTF-8 is text as anywhere", () => {
    const text = "ü € 📬 \ufeff"
    expect(ByteText.encode(text)).toEqual(new TextEncoder().encode(text))
    expect(ByteText.decode(ByteText.encode(text))).toBe(text)
  })

  test("a byte that is not UTF-8 is one lone surrogate", () => {
    expect(ByteText.decode(Uint8Array.of(0x61, 0xff, 0xc3, 0x28))).toBe("a\udcff\udcc3(")
  })

  test("any bytes come back", () => {
    property(import.meta.file, "any bytes come back", fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(ByteText.encode(ByteText.decode(bytes))).toEqual(bytes)
    })
    const tricky = fc.array(fc.constantFrom(0x61, 0x80, 0xa0, 0xbf, 0xc0, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5), {
      maxLength: 12
    })
    property(import.meta.file, "any bytes come back", tricky, (bytes) => {
      expect([...ByteText.encode(ByteText.decode(Uint8Array.from(bytes)))]).toEqual(bytes)
    })
  })

  test("order and length are those of the bytes", () => {
    expect(ByteText.compare("\uffee", "📬")).toBeLessThan(0)
    expect(ByteText.compare("\udcff", "📬")).toBeGreaterThan(0)
    expect(ByteText.compare("a", "a")).toBe(0)
    expect(ByteText.byteLength("ü\udcff€")).toBe(6)
  })
})
