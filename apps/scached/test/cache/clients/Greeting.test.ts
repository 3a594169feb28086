/** Clients of Postfix 3.5 and earlier know no greeting. */
import { expect, test } from "bun:test"
import * as Message from "../../simulation/client/Message.ts"
import { Stage } from "../../simulation/Stage.ts"

const greeting = "protocol\0connection_cache_protocol\0\0"
const nothingFound = "status\x002\0property\0\0\0"

/** What a client is sent that comes at 1 s and asks once. */
const heardBy = (isGreeting: boolean): string => {
  const stage = new Stage({ settings: { isGreeting } })
  let heard = ""
  stage.at(1_000, function* (client) {
    yield* client.connect()
    heard += Buffer.from(yield* client.listen(1)).toString()
    heard += "|"
    yield* client.say([Message.request(Message.findEndpoint("x"))])
    heard += Buffer.from(yield* client.listen(1)).toString()
  })
  stage.run()
  return heard
}

test("a client is greeted before it says anything", () => expect(heardBy(true)).toBe(`${greeting}|${nothingFound}`))

test("without scached_greeting the answer is the first thing that a client is sent", () =>
  expect(heardBy(false)).toBe(`|${nothingFound}`))

test("a connection is saved, found and handed over without a greeting", () => {
  const stage = new Stage({ settings: { isGreeting: false } })
  stage.save(0, "smtp", ["first", "second"])
  const taken = stage.take(1_000, "smtp")
  stage.run()
  expect(taken).toEqual(["first", "second"])
})
