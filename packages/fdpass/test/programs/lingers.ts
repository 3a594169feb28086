/**
 * Receives TCP sockets that were made to linger for an hour and cannot send what they hold: whoever closes one of them waits, and then
 * the alarm ends this process. Prints what came as JSON.
 */
import { endAfter } from "../support/alarm.ts"
import { lingering } from "../support/lingering.ts"
import { kernelCalls as calls, closeAll, must } from "../support/machines.ts"
import { sendDescriptorsRaw } from "../support/rawMessages.ts"

endAfter(45)

const [one, other] = must(calls.socketPair())
const sendLingering = (count: number): void => {
  const sent = Array.from({ length: count }, lingering)
  sendDescriptorsRaw(one, sent)
  closeAll(...sent)
}

sendLingering(3)
const buffer = calls.makeReceiveBuffer(8)
const count = calls.receive(other, buffer)
const { surplus, truncated } = buffer
// The first was not taken: the next read closes it.
const next = calls.receive(other, buffer)
sendLingering(1)
sendLingering(2)
const discarded = calls.discardUnread(other)
other.close()

// One that waits in the queue of another socket, of which nothing else is known.
const [inner, carrier] = must(calls.socketPair())
const hidden = lingering()
calls.sendDescriptor(inner, hidden)
const [outer, received] = must(calls.socketPair())
calls.sendDescriptor(outer, carrier)
calls.receive(received, buffer)
closeAll(inner, hidden, carrier)
const last = buffer.takeDescriptor()
if (last !== undefined) calls.letGo(last)
calls.letGo(lingering())
console.log(JSON.stringify({ count, surplus, truncated, next, discarded }))
process.exit(0)
