/** Messages of several descriptors: on the kernel and on the simulation alike. */
import type { Descriptor } from "../src/index.ts"
import { closeAll, must, show } from "./support/machines.ts"
import { bytesOf, script } from "./support/scripts.ts"

script(
  "a message carries several descriptors in their order, and its rest goes without",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    const cargo = [must(calls.socketPair()), must(calls.socketPair())].flat()
    const buffer = calls.makeReceiveBuffer(4)
    const seen: Array<unknown> = [calls.sendMessage(one, bytesOf("abcdef"), cargo)]
    const received: Array<Descriptor> = []
    for (let reads = 0; reads < 3; reads++) {
      const message = calls.receiveMessage(other, buffer)
      if (typeof message === "number") seen.push(show(message))
      else {
        const { byteCount, descriptors, hasLostBytes, hasLostDescriptors } = message
        received.push(...descriptors)
        const text = buffer.bytes.toString("latin1", 0, byteCount)
        seen.push([text, descriptors.length, hasLostBytes, hasLostDescriptors])
      }
    }
    const same = received.every((each, index) => {
      const sent = cargo[index]
      return sent !== undefined && calls.socketCookie(sent) === calls.socketCookie(each)
    })
    closeAll(one, other, ...cargo, ...received)
    return [...seen, same]
  },
  [6, ["abcd", 4, false, false], ["ef", 0, false, false], "EAGAIN", true]
)

script(
  "a message to a peer that is gone is EPIPE, and the end of a stream has no bytes",
  (_, calls) => {
    const [one, other] = must(calls.socketPair())
    other.close()
    const refused = show(calls.sendMessage(one, bytesOf("a"), [one]))
    const [two, another] = must(calls.socketPair())
    two.close()
    const end = calls.receiveMessage(another, calls.makeReceiveBuffer(4))
    closeAll(one, another)
    return [refused, typeof end === "number" ? show(end) : end.byteCount]
  },
  ["EPIPE", 0]
)
