import { expect, test } from "bun:test"
import { attributesKeptMax, ListScanner } from "../src/internal/ListScanner.ts"
import { list } from "./support/lists.ts"

test("attributes beyond those that any request has are skipped, not kept", () => {
  const scanner = new ListScanner()
  const bytes = list(...Array.from({ length: 1000 }, (_, index) => `name${index}=value${index}`))
  expect(scanner.scan(bytes, 0, bytes.length)).toBe(true)
  expect(scanner.length).toBe(bytes.length)
  expect(scanner.attributes).toBe(attributesKeptMax)
  expect(scanner.value(attributesKeptMax - 1, bytes, 0) as string).toBe("value5")
})

test("a scan goes on where it stopped, also when the list has moved", () => {
  const scanner = new ListScanner()
  const bytes = list("label=x", "property=")
  expect(scanner.scan(bytes, 0, 9)).toBe(false)
  const moved = new Uint8Array(100).fill(0x2a)
  moved.set(bytes, 40)
  expect(scanner.scan(moved, 40, 40 + bytes.length)).toBe(true)
  expect([scanner.attributes, scanner.length]).toEqual([2, bytes.length])
  expect(scanner.name(1, moved, 40) as string).toBe("property")
})
