/**
 * Runs with few descriptors, fills its table, and receives one more: prints what came of it as JSON. `outOfDescriptors.ts DIRECTORY
 * [together]`: with the second word reads are made by io_uring, beside one that brings nothing.
 */

import { type Descriptor, Errno } from "../../src/index.ts"
import { kernelCalls as calls, closeAll, must, openNumbers, show } from "../support/machines.ts"

const buffer = calls.makeReceiveBuffer(8)
// Before anything is counted: the ring takes a descriptor, and keeps it.
const batch = process.argv[3] === "together" ? calls.makeCallBatch(2, "always") : undefined
if (batch === undefined && process.argv[3] !== undefined) throw new Error("there is no io_uring")
const before = openNumbers().length
const [quiet, quietFar] = must(calls.socketPair())
const unused = calls.makeReceiveBuffer(8)

const receive = (socket: Descriptor): number => {
  if (batch === undefined) return calls.receive(socket, buffer)
  batch.receive(quiet, unused)
  batch.receive(socket, buffer)
  batch.run()
  const outcome = batch.outcome(1)
  batch.clear()
  return outcome
}

const [one, other] = must(calls.socketPair())
const [near, far] = must(calls.socketPair())
const listener = must(calls.socket())
const client = must(calls.socket())
const path = `${process.argv[2]}/server`
calls.bind(listener, path)
calls.listen(listener, 1)
calls.connect(client, path)
calls.sendDescriptor(one, near)
calls.sendDescriptor(one, near)
near.close()

const filler: Array<Descriptor> = []
let full = 0
while (full === 0) {
  const more = calls.socket()
  if (typeof more === "number") full = more
  else filler.push(more)
}
if (full !== -Errno.EMFILE) throw new Error(`the table did not fill: ${show(full)}`)

const firstRead = [receive(other), buffer.truncated, buffer.takeDescriptor() !== undefined]
const refused = [calls.accept(listener), calls.epollCreate(), calls.socketPair()].map(show)
filler.pop()?.close()
const second = receive(other)
const arrived = buffer.takeDescriptor()
const secondRead = [second, buffer.truncated, arrived !== undefined]
closeAll(arrived)
const accepted = calls.accept(listener)
const peerEnd = show(calls.receive(far, buffer))
closeAll(...filler, one, other, far, listener, client, quiet, quietFar)
if (typeof accepted !== "number") accepted.close()
console.log(
  JSON.stringify({
    firstRead,
    refused,
    secondRead,
    accepted: show(accepted),
    peerEnd,
    leaked: openNumbers().length - before
  })
)
