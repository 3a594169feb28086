import { expect } from "bun:test"
import { join } from "node:path"
import { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as Exchange from "../src/CacheExchange.ts"
import * as Conversation from "../src/Conversation.ts"
import * as Greeting from "../src/Greeting.ts"
import * as MarkedConnection from "../src/MarkedConnection.ts"
import { PostfixTools } from "../src/PostfixTools.ts"
import * as ScacheProcess from "../src/ScacheProcess.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

const startScache = Effect.fnUntraced(function* (ttlLimitSeconds: number) {
  const socketPath = join(yield* TempDirectory.make, "scache")
  yield* ScacheProcess.start({ socketPath, ttlLimitSeconds })
  return socketPath
})

const greeted = Effect.fnUntraced(function* (socketPath: string) {
  const conversation = yield* Conversation.connect(socketPath)
  Greeting.expectFrom(conversation)
  return conversation
})

labTest("scache greets its clients from Postfix 3.6 on, and not before", {}, () =>
  Effect.gen(function* () {
    const { version } = yield* PostfixTools
    const [major = 0, minor = 0] = (yield* version).split(".").map(Number)
    expect(Greeting.isSent()).toBe(major * 100 + minor >= 306)
    // Whatever comes first must be the greeting, or the answer where there is none.
    Exchange.missEndpoint(yield* greeted(yield* startScache(100)), "host")
  })
)

labTest("scache hands out the very descriptors it was given, the oldest first", {}, () =>
  Effect.gen(function* () {
    const calls = yield* SystemCalls
    const conversation = yield* greeted(yield* startScache(100))
    const first = yield* MarkedConnection.make
    const second = yield* MarkedConnection.make
    Exchange.saveEndpoint(conversation, { ttlSeconds: 50, label: "host\n*\x80", properties: "one" }, first)
    Exchange.saveEndpoint(conversation, { ttlSeconds: 50, label: "host\n*\x80", properties: "" }, second)
    expect(first.mark).not.toBe(second.mark)
    expect(Exchange.findEndpoint(calls, conversation, "host\n*\x80", "one")).toBe(first.mark)
    expect(Exchange.findEndpoint(calls, conversation, "host\n*\x80", "")).toBe(second.mark)
    Exchange.missEndpoint(conversation, "host\n*\x80")
  })
)

labTest("scache finds an endpoint through a destination, for another client than the one that saved it", {}, () =>
  Effect.gen(function* () {
    const calls = yield* SystemCalls
    const socketPath = yield* startScache(100)
    const saver = yield* greeted(socketPath)
    const finder = yield* greeted(socketPath)
    const connection = yield* MarkedConnection.make
    const destination = { ttlSeconds: 50, label: "example.org", properties: "by name", endpoint: "host" }
    Exchange.saveDestination(saver, destination)
    Exchange.missDestination(finder, "example.org")
    Exchange.saveEndpoint(saver, { ttlSeconds: 50, label: "host", properties: "idle" }, connection)
    const mark = Exchange.findDestination(calls, finder, "example.org", { destination: "by name", endpoint: "idle" })
    expect(mark).toBe(connection.mark)
    Exchange.missDestination(finder, "example.org")
  })
)

labTest("scache closes a connection when its ttl, cut to the limit, has passed", {}, () =>
  Effect.gen(function* () {
    const conversation = yield* greeted(yield* startScache(1))
    const connection = yield* MarkedConnection.make
    const farEnd = yield* Conversation.over(connection.far)
    Exchange.saveEndpoint(conversation, { ttlSeconds: 1000, label: "host", properties: "" }, connection)
    // The far end hears it when the last copy of the near end is closed.
    farEnd.expectEnd()
    Exchange.missEndpoint(conversation, "host")
  })
)

labTest("the status channel is drained: scache answers ever more requests of one client", {}, () =>
  Effect.gen(function* () {
    const conversation = yield* greeted(yield* startScache(100))
    for (let index = 0; index < 3000; index += 1) Exchange.missEndpoint(conversation, `host ${index}`)
  })
)
