import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import fc from "fast-check"
import { type Descriptor, Errno } from "../src/index.ts"
import { libc } from "../src/internal/kernel/libc.ts"
import { NativeBlock } from "../src/internal/kernel/nativeMemory.ts"
import { SeededRandom } from "../src/testing/index.ts"
import { kernelCalls as calls, closeAll, kernelMachine, must, openNumbers } from "./support/machines.ts"

const hasRing = calls.makeCallBatch(2, "always") !== undefined

test.each([["by itself", []], ...(hasRing ? [["by io_uring", ["together"]] as const] : [])] as const)(
  "a process out of descriptors loses the one that came, hears of it, and leaks nothing: read %s",
  (_, how) => {
    const machine = kernelMachine()
    const child = join(import.meta.dir, "programs/outOfDescriptors.ts")
    const run = Bun.spawnSync([
      "sh",
      "-c",
      'ulimit -n 64; exec "$0" "$@"',
      process.execPath,
      child,
      machine.directory,
      ...how
    ])
    machine.dispose()
    expect(run.stderr.toString()).toBe("")
    expect(JSON.parse(run.stdout.toString())).toEqual({
      firstRead: [1, true, false],
      refused: ["EMFILE", "EMFILE", "EMFILE"],
      secondRead: [1, false, true],
      accepted: "ok",
      peerEnd: 0,
      leaked: 0
    })
  }
)

test("sockets that linger are let go of, within a read and unread, without waiting for anybody", () => {
  const run = Bun.spawnSync([process.execPath, join(import.meta.dir, "programs/lingers.ts")])
  expect([run.stderr.toString(), run.signalCode]).toEqual(["", undefined])
  expect(JSON.parse(run.stdout.toString())).toEqual({
    count: 1,
    surplus: 2,
    truncated: false,
    next: -Errno.EAGAIN,
    discarded: 0
  })
})

describe("native memory", () => {
  /** Fills freed memory with something else, so that a collected buffer shows. */
  const makeGarbage = (): number => {
    let touched = 0
    for (let round = 0; round < 40; round++) {
      for (const size of [8, 12, 24, 64, 97, 104, 112, 120, 353, 4192]) {
        touched += new Uint8Array(new ArrayBuffer(size)).fill(0xa5).length
      }
    }
    Bun.gc(true)
    return touched
  }

  /**
   * Shown to fail with a `NativeBlock` that keeps only the address of its ArrayBuffer and makes its views anew with `toArrayBuffer`:
   * in the first round the kernel reads foreign bytes as a message header (EMSGSIZE). And with one that takes `ptr` of a small
   * typed array before touching its `.buffer`: what is written never reaches the memory that the kernel sees.
   */
  test("buffers stay where they are while everything else is collected", () => {
    const random = new SeededRandom(7)
    const epoll = must(calls.epollCreate())
    const batch = calls.makeReadinessBatch(8)
    const buffer = calls.makeReceiveBuffer(256)
    const [one, other] = must(calls.socketPair())
    expect(calls.epollAdd(epoll, other, 1, 0xcafe)).toBe(0)
    for (let round = 0; round < 25; round++) {
      makeGarbage()
      const sent = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)))
      expect(calls.send(one, sent)).toBe(sent.length)
      expect([calls.epollWait(epoll, batch, 0), batch.token(0), batch.readiness(0)]).toEqual([1, 0xcafe, 1])
      expect(calls.receive(other, buffer)).toBe(sent.length)
      makeGarbage()
      expect(buffer.bytes.subarray(0, sent.length).equals(sent)).toBe(true)

      const [near, far] = must(calls.socketPair())
      expect(calls.sendDescriptor(one, near)).toBe(1)
      near.close()
      makeGarbage()
      expect([calls.receive(other, buffer), buffer.bytes[0], buffer.truncated]).toEqual([1, 0, false])
      const received = buffer.takeDescriptor()
      if (received === undefined) throw new Error("no descriptor came")
      expect(calls.send(received, sent)).toBe(sent.length)
      expect(calls.receive(far, buffer)).toBe(sent.length)
      expect(buffer.bytes.subarray(0, sent.length).equals(sent)).toBe(true)
      expect(must(calls.peerCredentials(far)).pid).toBe(process.pid)
      closeAll(received, far)
    }
    closeAll(epoll, one, other)
  })

  test("a buffer's bytes are one view for good", () => {
    const buffer = calls.makeReceiveBuffer(16)
    const bytes = buffer.bytes
    expect(bytes.buffer.byteLength).toBeGreaterThan(16)
    const [one, other] = must(calls.socketPair())
    calls.send(one, Buffer.from("hello"))
    calls.receive(other, buffer)
    expect(bytes.toString("latin1", 0, 5)).toBe("hello")
    closeAll(one, other)
  })
})

/** Passes a socket that nobody holds otherwise: one that waits in its own queue would be freed only by the kernel's collector. */
const passFresh = (through: Descriptor): void => {
  const [near, far] = must(calls.socketPair())
  calls.sendDescriptor(through, near)
  closeAll(near, far)
}

test("what this process has open is what its values own, whatever happens in between", () => {
  const operation = fc.record({ kind: fc.integer({ min: 0, max: 6 }), index: fc.nat() })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const before = openNumbers().length
      const buffer = calls.makeReceiveBuffer(64)
      let held: ReadonlyArray<Descriptor> = must(calls.socketPair())
      for (const { kind, index } of operations) {
        const first = held[index % held.length]
        if (first === undefined) held = [...held, ...must(calls.socketPair())]
        else if (kind === 0) held = [...held, ...must(calls.socketPair())]
        else if (kind === 1) first.close()
        else if (kind === 2) held = [...held, first.take()]
        else if (kind === 3) passFresh(first)
        else if (kind === 4) calls.receive(first, buffer)
        else if (kind === 5) calls.send(first, Buffer.from("x"))
        else {
          calls.receive(first, buffer)
          const received = buffer.takeDescriptor()
          if (received !== undefined) held = [...held, received]
        }
        held = held.filter((each) => each.isOwned)
      }
      buffer.putDescriptor(undefined)
      expect(openNumbers().length).toBe(before + held.length)
      closeAll(...held)
      expect(openNumbers().length).toBe(before)
    }),
    { numRuns: 200 }
  )
})

test("a socket that lingers no longer does", () => {
  const { symbols } = libc()
  const number = symbols.socket(2, 1 | 0o2000000, 0)
  const linger = new NativeBlock(8)
  const length = new NativeBlock(4)
  linger.words.set([1, 60])
  expect(symbols.setsockopt(number, 1, 13, linger.address, 8)).toBe(0)
  const socket = calls.adopt(number)
  expect(calls.stopLingering(socket)).toBe(0)
  length.words[0] = 8
  expect(symbols.getsockopt(number, 1, 13, linger.address, length.address)).toBe(0)
  expect(linger.words[0]).toBe(0)
  socket.close()
})
