/** What a client gets of a turn that others want too. */
import { describe, expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import { bytesOf, makeMachine, Notes, openChannel } from "../support/simulations.ts"

describe("fairness", () => {
  /** Peers that always have more to say, and one that asks a short question. */
  const flooded = (floods: number) => {
    const machine = makeMachine()
    const { calls } = machine.process
    const ends = Array.from({ length: floods + 1 }, () => machine.pair())
    const received = ends.map(() => 0)
    const channels = ends.map(([near], index) =>
      openChannel(
        machine.loop,
        near,
        new Notes({
          onReceive: (bytes, descriptor) => {
            received[index] = (received[index] ?? 0) + bytes.length
            descriptor?.close()
          }
        })
      )
    )
    return {
      ...machine,
      received,
      /** The one with little to say says it. */
      ask: () => {
        for (const [, far] of ends.slice(0, 1)) calls.send(far, bytesOf("?"))
      },
      /** Fills what the peers may send, takes a turn, and returns how many bytes each got through, and the reads that took. */
      floodAndTurn: (send: (far: Descriptor) => number) => {
        for (const [, far] of ends.slice(1)) while (send(far) > 0);
        const before = [...received]
        const readsBefore = machine.process.callCount("receive")
        machine.turn()
        return {
          bytes: received.map((count, index) => count - (before[index] ?? 0)),
          reads: machine.process.callCount("receive") - readsBefore
        }
      },
      finish: () => {
        for (const channel of channels) channel.close()
        for (const [, far] of ends) far.close()
        machine.end()
      },
      calls
    }
  }

  test("a turn reads once from each, at most 64 KiB, however much there is", () => {
    const test = flooded(3)
    const piece = new Uint8Array(30_000)
    for (let turn = 0; turn < 20; turn++) {
      test.ask()
      const { bytes, reads } = test.floodAndTurn((far) => test.calls.send(far, piece))
      expect(reads).toBe(4)
      expect(bytes[0]).toBe(1)
      for (const count of bytes.slice(1)) {
        expect(count).toBeGreaterThan(0)
        expect(count).toBeLessThanOrEqual(65_536)
      }
    }
    test.finish()
  })

  test("and takes one descriptor from each, however many were sent", () => {
    const test = flooded(2)
    const cargo = test.process.open("cargo")
    for (let turn = 0; turn < 20; turn++) {
      test.ask()
      expect(test.floodAndTurn((far) => test.calls.sendDescriptor(far, cargo))).toEqual({ bytes: [1, 1, 1], reads: 3 })
    }
    cargo.close()
    test.finish()
  })
})
