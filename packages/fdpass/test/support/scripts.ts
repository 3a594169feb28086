/** Scripts for the contract of `SystemCalls`: each runs on the kernel and on the simulation, and both must answer what it says. */
import { beforeAll, describe, expect, test } from "bun:test"
import { type Descriptor, Readiness, type SystemCallsShape } from "../../src/index.ts"
import { closeAll, kernelMachine, type Machine, must, show, simulatedMachine } from "./machines.ts"

export const script = (
  name: string,
  run: (machine: Machine, calls: SystemCallsShape) => unknown,
  expected: unknown
): void => {
  describe(name, () => {
    // What an earlier test has left to Bun, the pipes of a child for instance, is closed when it is collected: not while these count.
    beforeAll(async () => {
      Bun.gc(true)
      await new Promise<void>((resolve) => setImmediate(resolve))
    })
    for (const [where, make] of [
      ["the kernel", kernelMachine],
      ["the simulation", simulatedMachine]
    ] as const) {
      test(where, () => {
        const machine = make()
        const before = machine.openCount()
        expect(run(machine, machine.calls)).toEqual(expected)
        expect(machine.openCount()).toBe(before)
        machine.dispose()
      })
    }
  })
}

export const bytesOf = (text: string) => Buffer.from(text, "latin1")

/** One read, as text, with a mark for each descriptor, which is closed. */
export const read = (calls: SystemCallsShape, socket: Descriptor, bytesMax?: number) => {
  const buffer = calls.makeReceiveBuffer(4096)
  const outcome = calls.receive(socket, buffer, bytesMax)
  const descriptor = buffer.takeDescriptor()
  const surplus = buffer.surplus === 0 ? "" : `+${buffer.surplus} closed`
  const marks = `${descriptor === undefined ? "" : "+descriptor"}${surplus}${buffer.truncated ? "+truncated" : ""}`
  closeAll(descriptor)
  return outcome > 0
    ? `${JSON.stringify(buffer.bytes.toString("latin1", 0, outcome))}${marks}`
    : `${show(outcome)}${marks}`
}

/** What epoll reports of one descriptor when asked for everything. */
export const readinessOf = (calls: SystemCallsShape, watched: Descriptor, asked = 0x2005) => {
  const epoll = must(calls.epollCreate())
  const batch = calls.makeReadinessBatch(2)
  const added = calls.epollAdd(epoll, watched, asked, 77)
  if (added < 0) throw new Error(String(show(added)))
  const count = calls.epollWait(epoll, batch, 0)
  epoll.close()
  if (count <= 0) return show(count)
  const bits = batch.readiness(0)
  const names = Object.entries(Readiness).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]))
  return `${names.join(" ")} @${batch.token(0)}`
}
