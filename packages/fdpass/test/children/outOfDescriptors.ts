/** Runs with few descriptors, fills its table, and receives one more: prints what came of it as JSON. */

import type { Descriptor } from "../../src/index.ts"
import { Errno } from "../../src/index.ts"
import { kernelCalls as calls, closeAll, must, openNumbers, show } from "../machines.ts"

const buffer = calls.makeReceiveBuffer(8)
const before = openNumbers().length
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

const firstRead = [calls.receive(other, buffer), buffer.truncated, buffer.takeDescriptor() !== undefined]
const refused = [calls.accept(listener), calls.epollCreate(), calls.socketPair()].map(show)
filler.pop()?.close()
const second = calls.receive(other, buffer)
const arrived = buffer.takeDescriptor()
const secondRead = [second, buffer.truncated, arrived !== undefined]
closeAll(arrived)
const accepted = calls.accept(listener)
const peerEnd = show(calls.receive(far, buffer))
closeAll(...filler, one, other, far, listener, client)
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
