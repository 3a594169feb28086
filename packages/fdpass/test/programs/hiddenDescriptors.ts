/**
 * Closes sockets in whose queues a lingering socket waits where an ordinary look does not see it: whoever waits for it is ended by the
 * alarm. Prints what came as JSON.
 */
import type { Descriptor } from "../../src/index.ts"
import { numberOf } from "../../src/internal/descriptor.ts"
import { libc } from "../../src/internal/kernel/libc.ts"
import { NativeBlock } from "../../src/internal/kernel/nativeMemory.ts"
import { endAfter } from "../support/alarm.ts"
import * as Lingering from "../support/lingering.ts"
import { kernelCalls as calls, closeAll, must, openNumbers, show } from "../support/machines.ts"
import { sendDescriptorsRaw } from "../support/rawMessages.ts"

endAfter(45)
const { symbols } = libc()
const urgent = 0x01
const peekOffsetOption = 42
const value = new NativeBlock(8)

/** Their other ends stay open. */
let otherEnds = 0

const lingering = (): Descriptor => {
  otherEnds++
  return Lingering.lingering()
}

const hide = (through: Descriptor, flags = 0): void => {
  const sent = lingering()
  sendDescriptorsRaw(through, [sent], new Uint8Array(1), flags)
  sent.close()
}

const results: Record<string, unknown> = {}
const before = openNumbers().length

// A look begins behind what is there.
const [peeked, peekedFar] = must(calls.socketPair())
value.words[0] = 1_000
symbols.setsockopt(numberOf(peeked), 1, peekOffsetOption, value.address, 4)
hide(peekedFar)
results["peek"] = show(calls.peek(peeked))
calls.letGo(peeked)
peekedFar.close()

// An urgent byte is not among the others.
const [urged, urgedFar] = must(calls.socketPair())
hide(urgedFar, urgent)
calls.letGo(urged)
urgedFar.close()

// One that was read leaves its descriptor behind, and no byte; its sender is gone.
const [read, readFar] = must(calls.socketPair())
hide(readFar, urgent)
results["urgent byte"] = symbols.recv(numberOf(read), value.address, 1, urgent)
readFar.close()
calls.letGo(read)

// What is read takes its place among the other bytes, and so is what is thrown away.
const [client, server] = must(calls.socketPair())
results["kept"] = calls.keepUrgent(server)
hide(client, urgent)
const buffer = calls.makeReceiveBuffer(8)
results["received"] = calls.receive(server, buffer)
const first = buffer.takeDescriptor()
results["descriptor"] = first !== undefined
if (first !== undefined) calls.letGo(first)
const [leaving, gone] = must(calls.socketPair())
hide(leaving, urgent)
results["discarded"] = calls.discardUnread(gone)
closeAll(client, server, leaving, gone)

// More than there are threads.
for (let left = 100; left > 0; left--) calls.letGo(lingering())
results["under way"] = calls.closesUnderWay() >= 90
while (calls.closesUnderWay() > 0) calls.hurryCloses()
results["left open"] = openNumbers().length - before - otherEnds
console.log(JSON.stringify(results))
process.exit(0)
