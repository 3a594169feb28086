import { Errno } from "../Errno.ts"
import type { Descriptor } from "../internal/descriptor.ts"
import { type Outcome, passedDescriptorsMax, type SystemCallsShape } from "../SystemCalls.ts"
import type { makeTracer } from "./callTracer.ts"
import type { FaultKind } from "./FaultPlan.ts"
import type { OpenFile } from "./OpenFile.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import { SimulatedReceiveBuffer } from "./SimulatedReceiveBuffer.ts"
import type { SocketFile } from "./SocketFile.ts"

type MessageCalls = Pick<SystemCallsShape, "packetSocket" | "packetSocketPair" | "sendMessage" | "receiveMessage">

/** What all simulated calls of a process have in common. */
interface Surroundings {
  readonly call: ReturnType<typeof makeTracer>
  readonly fails: (fault: FaultKind | undefined) => Outcome
  readonly socketOf: (descriptor: Descriptor, operation: string) => SocketFile | Outcome
}

/** Messages of several descriptors, over streams alone: there are no packets in the simulation. */
export const makeMessageCalls = (process: SimulatedProcess, { call, fails, socketOf }: Surroundings): MessageCalls => ({
  packetSocket: call("packetSocket", () => -Errno.EOPNOTSUPP),
  packetSocketPair: call("packetSocketPair", () => -Errno.EOPNOTSUPP),
  sendMessage: call("sendMessage", (socket: Descriptor, bytes: Uint8Array, descriptors: ReadonlyArray<Descriptor>) => {
    if (bytes.length < 1) throw new RangeError("a message of no bytes carries no descriptor")
    if (descriptors.length > passedDescriptorsMax) throw new RangeError(`more than ${passedDescriptorsMax} descriptors`)
    const file = socketOf(socket, "sendMessage")
    if (typeof file === "number") return file
    const cargo: Array<OpenFile> = []
    for (const each of descriptors) {
      const found = process.lookUp(each, "sendMessage")
      if (found === undefined) return -Errno.EBADF
      cargo.push(found)
    }
    const fault = process.drawFault("sendMessage")
    if (fault === "connectionBroken") file.breakConnection()
    const failure = fails(fault)
    if (failure < 0) return failure
    const outcome = file.send(bytes, cargo)
    if (outcome > 0) process.notePassed(descriptors, cargo, file)
    return outcome
  }),
  receiveMessage: call("receiveMessage", (socket: Descriptor, into) => {
    if (!(into instanceof SimulatedReceiveBuffer)) throw new TypeError("a receive buffer of another layer")
    into.putDescriptor(undefined)
    const file = socketOf(socket, "receiveMessage")
    if (typeof file === "number") return file
    const failure = fails(process.drawFault("receiveMessage"))
    if (failure < 0) return failure
    const descriptors: Array<Descriptor> = []
    let hasLostDescriptors = false
    const byteCount = file.receive(into.bytes, into.bytes.length, (files) => {
      for (const each of files) {
        const received = hasLostDescriptors ? -Errno.EMFILE : process.install(each, "received", "received")
        if (typeof received !== "number") descriptors.push(received)
        else {
          hasLostDescriptors = true
          process.kernel.ledger.record("lost", process.name, -1, each, "could not receive, and lost")
        }
        // The message's own reference.
        each.release()
      }
    })
    return byteCount < 0 ? byteCount : { byteCount, descriptors, hasLostDescriptors, hasLostBytes: false }
  })
})
