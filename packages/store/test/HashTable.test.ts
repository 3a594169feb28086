import { expect, test } from "bun:test"
import fc from "fast-check"
import { HashTable } from "../src/internal/HashTable.ts"
import { hashOfNumber, hashOfText } from "../src/internal/hash.ts"
import { printSeed, seed } from "./Seed.ts"

class Member {
  readonly key: string
  hash = 0
  nextInBucket: Member | undefined

  constructor(key: string) {
    this.key = key
  }
}

printSeed("HashTable.test.ts")

/** Adds a key that is not there, deletes one that is: in the table and in a set. */
const toggle = (table: HashTable<string, Member>, keys: Set<string>, key: string): void => {
  const known = table.get(key)
  expect(known?.key).toBe(keys.has(key) ? key : undefined)
  if (known === undefined) {
    table.add(new Member(key))
    keys.add(key)
  } else {
    table.delete(known)
    keys.delete(key)
  }
  expect(table.size).toBe(keys.size)
}

test("holds what a set would, also where hashes collide", () => {
  const hashes = fc.constantFrom(
    hashOfText,
    (key: string) => key.length,
    () => -1
  )
  const property = fc.property(hashes, fc.array(fc.nat({ max: 60 }), { size: "max", maxLength: 300 }), (hash, ids) => {
    const table = new HashTable<string, Member>(hash)
    const keys = new Set<string>()
    for (const id of ids) toggle(table, keys, "k".repeat(id % 7) + id)
    for (let id = 0; id <= 60; id++) {
      const key = "k".repeat(id % 7) + id
      expect(table.get(key) !== undefined).toBe(keys.has(key))
    }
  })
  fc.assert(property, { seed, numRuns: 300, includeErrorInReport: true })
})

test("chains stay short while it grows, shrinks, and one key comes and goes", () => {
  const table = new HashTable<string, Member>(hashOfText)
  const members = Array.from({ length: 20_000 }, (_, id) => new Member(`smtp\n[192.0.2.${id}]\n`))
  for (const member of members) table.add(member)
  expect(table.longestChain).toBeLessThan(12)
  const busy = new Member("busy")
  for (let cycle = 0; cycle < 50_000; cycle++) {
    table.add(busy)
    table.delete(busy)
  }
  expect(table.longestChain).toBeLessThan(12)
  for (const member of members.slice(100)) table.delete(member)
  expect(table.size).toBe(100)
  expect(table.longestChain).toBeLessThan(12)
  for (const member of members.slice(0, 100)) expect(table.get(member.key)).toBe(member)
})

test("texts and numbers that differ by little have hashes that differ", () => {
  const texts = new Set(Array.from({ length: 10_000 }, (_, id) => hashOfText(`${"x".repeat(50)}${id}`)))
  const numbers = new Set(Array.from({ length: 10_000 }, (_, id) => hashOfNumber(id * 1000)))
  expect(texts.size).toBeGreaterThan(9990)
  expect(numbers.size).toBeGreaterThan(9990)
  const octets = new Set(Array.from({ length: 256 }, (_, octet) => hashOfText(String.fromCharCode(octet))))
  expect(octets.size).toBe(256)
})

test("labels that were made to meet in one bucket of a weaker hash are spread", () => {
  // Flipping these two bits, in any pair of words, cancelled in a hash that only multiplied and rotated, whatever its seed.
  const length = 96
  const labels = Array.from({ length: 4096 }, (_, choice) => {
    const octets = new Uint8Array(length).fill(0x61)
    for (let pair = 0; pair < 12; pair++) {
      if ((choice & (1 << pair)) === 0) continue
      octets[8 * pair + 3] = 0x61 ^ 0x80
      octets[8 * pair + 5] = 0x61 ^ 0x40
    }
    return Buffer.from(octets).toString("latin1")
  })
  expect(new Set(labels).size).toBe(4096)
  expect(new Set(labels.map(hashOfText)).size).toBeGreaterThan(4090)
})
