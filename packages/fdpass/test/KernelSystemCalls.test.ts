import { expect, test } from "bun:test"
import { Effect } from "effect"
import { Errno, KernelSystemCalls, SystemCalls } from "../src/index.ts"

const withCalls = <A>(use: (calls: SystemCalls["Service"]) => A): A =>
  Effect.runSync(Effect.map(SystemCalls, use).pipe(Effect.provide(KernelSystemCalls.layer)))

test("a descriptor travels through a socket pair and still works at the other end", () => {
  withCalls((calls) => {
    const ends = calls.socketPair()
    const cargo = calls.socketPair()
    if (typeof ends === "number" || typeof cargo === "number") throw new Error("no socket pair")
    expect(calls.sendDescriptor(ends[0], cargo[0])).toBe(1)
    cargo[0].close()
    const buffer = calls.makeReceiveBuffer(4096)
    expect(calls.receive(ends[1], buffer)).toBe(1)
    expect(buffer.bytes[0]).toBe(0)
    const received = buffer.takeDescriptor()
    if (received === undefined) throw new Error("no descriptor came")
    expect(buffer.truncated).toBe(false)
    expect(calls.send(received, Buffer.from("hello"))).toBe(5)
    expect(calls.receive(cargo[1], buffer)).toBe(5)
    expect(buffer.bytes.toString("latin1", 0, 5)).toBe("hello")
    expect(buffer.takeDescriptor()).toBeUndefined()
    expect(calls.receive(cargo[1], buffer)).toBe(-Errno.EAGAIN)
    for (const each of [...ends, cargo[1], received]) each.close()
  })
})
