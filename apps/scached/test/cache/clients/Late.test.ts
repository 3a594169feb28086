/** A daemon that could not run for a while: what clients have done meanwhile counts before what its clock says. */
import { expect, test } from "bun:test"
import { Errno, type SystemCallsShape } from "@scached/fdpass"
import * as Message from "../../simulation/client/Message.ts"
import { Stalled } from "../../simulation/client/SimulatedClient.ts"
import type { Machine } from "../../simulation/Machine.ts"
import { Stage } from "../../simulation/Stage.ts"

const stoppedAtMillis = 1_000
const stoppedForMillis = 5_000

/** Stops the daemon for a while, as SIGSTOP does: the others go on, and its wait ends with a signal. */
const stopping = (calls: SystemCallsShape, { kernel }: Machine): SystemCallsShape => {
  let isOver = false
  return {
    ...calls,
    epollWait: (epoll, batch, timeoutMillis) => {
      if (isOver || kernel.nowMillis < stoppedAtMillis) return calls.epollWait(epoll, batch, timeoutMillis)
      isOver = true
      for (let left = stoppedForMillis; left > 0; left -= 100) {
        kernel.advance(100)
        kernel.world.settle()
      }
      return -Errno.EINTR
    }
  }
}

// Two turns take 256 clients each.
const clients = 700

test.each([false, true])("clients that answered in time are served (answers of several reads: %p)", (isLong) => {
  const stage = new Stage({
    settings: { exchangeSecondsMax: 2, requestBytesMax: 65_536 },
    calls: stopping,
    socketBufferBytes: 100_000,
    descriptorsMax: 10_000
  })
  let served = 0
  const stalled = stage.at(10, function* (client) {
    yield* client.connect()
    yield* client.begin(Message.request(Message.findEndpoint("x")), 20)
    throw new Stalled()
  })
  for (let index = 0; index < clients; index++) {
    stage.at(100, function* (client) {
      const request = Message.request(Message.findEndpoint(isLong ? "x".repeat(60_000) : "x"))
      yield* client.connect()
      yield* client.begin(request, 20)
      yield* client.sleep(stoppedAtMillis + 200 - client.nowMillis)
      yield* client.write(request.bytes.subarray(20))
      yield* client.listen(10_000)
      served = served + client.conversation.answers.length
    })
  }
  // Something for the daemon to wake for.
  stage.at(stoppedAtMillis, (client) => client.connect())
  stage.run()
  expect(served).toBe(clients)
  // The one that did not answer owes since then, and is not forgiven.
  expect(stalled.conversation.closedAtMillis).toBe(stoppedAtMillis + stoppedForMillis)
})
