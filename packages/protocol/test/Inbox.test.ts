import { expect, test } from "bun:test"
import { Inbox } from "../src/internal/Inbox.ts"

test("bytes that are used at once are not copied", () => {
  const inbox = new Inbox(65_536)
  const read = new Uint8Array([1, 2, 3])
  inbox.push(read, 3)
  expect(inbox.bytes).toBe(read)
  inbox.consume(3)
  inbox.retain()
  expect(inbox.bytes.length).toBe(0)
  expect(inbox.unused).toBe(0)
})

test("what is left is copied once, and more is put behind it", () => {
  const inbox = new Inbox(65_536)
  const read = new Uint8Array([1, 2, 3])
  inbox.push(read, 3)
  inbox.consume(1)
  inbox.retain()
  read.fill(9)
  inbox.push(new Uint8Array([4, 5, 9]), 2)
  expect([...inbox.bytes.subarray(inbox.at, inbox.end)]).toEqual([2, 3, 4, 5])
})

test("what is left of a Buffer is copied too, although its slice() is only a view", () => {
  const inbox = new Inbox(65_536)
  const read = Buffer.from([1, 2, 3])
  inbox.push(read, 3)
  inbox.consume(1)
  inbox.retain()
  read.fill(9)
  inbox.push(read, 1)
  expect([...inbox.bytes.subarray(inbox.at, inbox.end)]).toEqual([2, 3, 9])
})

test("a request that comes byte by byte is copied a few times, not once a byte", () => {
  const inbox = new Inbox(65_536)
  const buffers = new Set<Uint8Array>()
  for (let count = 0; count < 65_536; count++) {
    inbox.push(new Uint8Array([count & 0xff]), 1)
    inbox.retain()
    buffers.add(inbox.bytes)
  }
  expect(buffers.size).toBeLessThan(20)
  expect(inbox.unused).toBe(65_536)
  expect(inbox.bytes.length).toBe(65_536)
})

test("a large buffer is given back once little is left in it", () => {
  const inbox = new Inbox(65_536)
  inbox.push(new Uint8Array(60_000).fill(7), 60_000)
  inbox.retain()
  inbox.push(new Uint8Array(60_000).fill(8), 60_000)
  inbox.consume(119_990)
  inbox.retain()
  expect(inbox.bytes.length).toBe(10)
  expect([...inbox.bytes]).toEqual(new Array(10).fill(8))
})
