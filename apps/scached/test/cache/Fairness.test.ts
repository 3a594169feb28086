import { expect, test } from "bun:test"
import * as Message from "../simulation/client/Message.ts"
import { Stalled } from "../simulation/client/SimulatedClient.ts"
import { Stage } from "../simulation/Stage.ts"

const flooders = 4
const pipelined = 2_000
/** Exchanges that a client gets in one turn, as in Client.ts. */
const perTurn = 8

test("clients that pipeline without end get no more than their turn while another is served", () => {
  const stage = new Stage()
  const flood = Array.from({ length: pipelined }, () => Message.request(Message.findEndpoint("nothing")))
  const floods = Array.from({ length: flooders }, () =>
    stage.at(0, function* (client) {
      yield* client.connect()
      yield* client.say(flood)
      for (let heard = 0; heard < 36 + pipelined * 22; ) heard += (yield* client.receive()).bytes.length
      throw new Stalled()
    })
  )
  const answered = () => floods.reduce((sum, { conversation }) => sum + conversation.requests, 0)
  const between: Array<number> = []
  let left = 0
  stage.politely(0, function* (polite) {
    let before = 0
    polite.client.conversation.onAnswer = () => between.push(answered() - before)
    for (let index = 0; index < 10; index++) {
      // Its request is written before anybody else moves.
      before = answered()
      yield* polite.ask(Message.findEndpoint("nothing"))
    }
    left = flooders * pipelined - answered()
  })
  stage.run()
  expect(answered()).toBe(flooders * pipelined)
  // Its request may come just after its turn: then it waits for one more.
  expect(Math.max(...between)).toBeLessThanOrEqual(2 * flooders * perTurn)
  // They were really at it all the while.
  expect(left).toBeGreaterThan(pipelined)
})
