/** The statistics lines of scache(8), which log tools parse: scached writes the same ones, to the letter, for the same requests. */
import { expect } from "bun:test"
import { join } from "node:path"
import { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as Exchange from "../src/CacheExchange.ts"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as Conversation from "../src/Conversation.ts"
import * as Greeting from "../src/Greeting.ts"
import * as MarkedConnection from "../src/MarkedConnection.ts"
import * as ScacheProcess from "../src/ScacheProcess.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

/** Three hits and two misses of destinations, one hit and two misses of endpoints, and four connections at once; then nobody comes any more. */
const ask = Effect.fnUntraced(function* (socketPath: string) {
  const calls = yield* SystemCalls
  const client = yield* Conversation.connect(socketPath)
  Greeting.expectFrom(client)
  const destination = { ttlSeconds: 50, label: "example.org", properties: "", endpoint: "host" }
  Exchange.saveDestination(client, destination)
  Exchange.saveDestination(client, { ...destination, label: "example.com" })
  for (const label of ["host", "host", "host", "other"]) {
    Exchange.saveEndpoint(client, { ttlSeconds: 50, label, properties: "" }, yield* MarkedConnection.make)
  }
  for (let hit = 0; hit < 3; hit++) {
    Exchange.findDestination(calls, client, "example.org", { destination: "", endpoint: "" })
  }
  Exchange.missDestination(client, "example.com")
  Exchange.missDestination(client, "example.net")
  Exchange.findEndpoint(calls, client, "other", "")
  Exchange.missEndpoint(client, "other")
  Exchange.missEndpoint(client, "third")
}, Effect.scoped)

const statisticsOf = (executable: string | undefined) =>
  Effect.gen(function* () {
    const socketPath = join(yield* TempDirectory.make, "cache")
    const cache = yield* ScacheProcess.start({
      socketPath,
      ttlLimitSeconds: 100,
      // scache(8) passes over a parameter that it does not know.
      extraArguments: ["-o", "max_idle=1s", "-o", "scached_log_lines=scache"],
      ...(executable === undefined ? {} : { executable })
    })
    yield* ask(socketPath)
    expect(yield* cache.exitCode).toBe(0)
    return cache.output()
  })

const expected = [
  "statistics: start interval DATE",
  "statistics: domain lookup hits=3 miss=2 success=60%",
  "statistics: address lookup hits=1 miss=2 success=33%",
  "statistics: max simultaneous domains=2 addresses=2 connection=4"
]

const scached = join(import.meta.dir, "../../../dist/scached")

for (const [name, executable, impediment] of [
  ["scache", undefined, undefined],
  ["scached", scached, scachedExecutable.impediment()]
] as const) {
  labTest(`the statistics of ${name}, line by line`, { impediment }, () =>
    Effect.gen(function* () {
      const output = yield* statisticsOf(executable)
      const date = /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d$/gm
      expect(output.replace(date, "DATE")).toBe(expected.map((line) => `postfix/${name}: ${line}\n`).join(""))
    })
  )
}
