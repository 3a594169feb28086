/** Writes and reads on threads of their own. */
import { expect, test } from "bun:test"
import { type Descriptor, Errno, type Outcome } from "../src/index.ts"
import { connection } from "./support/lingering.ts"
import { kernelCalls as calls, must } from "./support/machines.ts"

/** Does one thing, and looks until it is done. */
const outcomeOf = (begin: (done: (outcome: Outcome) => void) => boolean): Outcome => {
  let found: Outcome | undefined
  expect(
    begin((outcome) => {
      found = outcome
    })
  ).toBe(true)
  while (found === undefined) {
    calls.tendErrands()
    Bun.sleepSync(0.2)
  }
  return found
}

const say = (socket: Descriptor, text: string): Outcome =>
  outcomeOf((done) => calls.writeElsewhere(socket, Buffer.from(text, "latin1"), done))
const drain = (socket: Descriptor, bytesMax = 4_096): Outcome =>
  outcomeOf((done) => calls.drainElsewhere(socket, bytesMax, done))

const read = (socket: Descriptor): string | Outcome => {
  const into = calls.makeReceiveBuffer(8_192)
  const count = calls.receive(socket, into)
  return count > 0 ? Buffer.from(into.bytes.subarray(0, count)).toString("latin1") : count
}

for (const [kind, pair] of [
  ["unix", () => must(calls.socketPair())],
  ["tcp", connection]
] as const) {
  test(`${kind}: bytes are written where nothing has come`, () => {
    const [near, far] = pair()
    expect(say(near, "QUIT\r\n\0\xff")).toBe(8)
    expect(read(far)).toBe("QUIT\r\n\0\xff")
    expect(say(near, "x".repeat(64))).toBe(64)
    for (const each of [near, far]) each.close()
  })

  test(`${kind}: nothing is written where something has come, and reading takes it away`, () => {
    const [near, far] = pair()
    calls.send(far, Buffer.from("421 closing\r\n"))
    while (calls.look(near, 1) === 0) Bun.sleepSync(0.2)
    expect(say(near, "QUIT\r\n")).toBe(0)
    expect(read(far)).toBe(-Errno.EAGAIN)
    expect(drain(near, 4)).toBe(4)
    expect(drain(near)).toBe(9)
    expect(drain(near)).toBe(-Errno.EAGAIN)
    for (const each of [near, far]) each.close()
  })

  test(`${kind}: nothing is written where the far end has left, and reading finds the end`, () => {
    const [near, far] = pair()
    far.close()
    while (calls.look(near, 1) === 0) Bun.sleepSync(0.2)
    expect(say(near, "QUIT\r\n")).toBe(0)
    expect(drain(near)).toBe(0)
    near.close()
  })

  test(`${kind}: what does not fit is not waited for`, () => {
    const [near, far] = pair()
    const block = new Uint8Array(65_536)
    while (calls.send(near, block) > 0);
    expect(say(near, "QUIT\r\n")).toBe(-Errno.EAGAIN)
    for (const each of [near, far]) each.close()
  })
}

test("many at once share threads, and each is done once", () => {
  const pairs = Array.from({ length: 300 }, () => must(calls.socketPair()))
  const outcomes = new Map<number, number>()
  for (const [index, [near]] of pairs.entries()) {
    const done = () => outcomes.set(index, (outcomes.get(index) ?? 0) + 1)
    expect(calls.writeElsewhere(near, Buffer.from(`QUIT ${index}`), done)).toBe(true)
  }
  expect(calls.errandsUnderWay()).toBe(300)
  while (calls.errandsUnderWay() > 0) {
    calls.tendErrands()
    Bun.sleepSync(0.2)
  }
  expect([outcomes.size, ...new Set(outcomes.values())]).toEqual([300, 1])
  for (const [index, [near, far]] of pairs.entries()) {
    expect(read(far)).toBe(`QUIT ${index}`)
    near.close()
    far.close()
  }
})

test("more than fits into a record is a programmer's mistake", () => {
  const [near, far] = must(calls.socketPair())
  expect(() => calls.writeElsewhere(near, new Uint8Array(65), () => {})).toThrow(RangeError)
  expect(() => calls.writeElsewhere(near, new Uint8Array(), () => {})).toThrow(RangeError)
  expect(() => calls.drainElsewhere(near, 4_097, () => {})).toThrow(RangeError)
  for (const each of [near, far]) each.close()
})
