/**
 * Connections with TLS are used again by way of tlsproxy(8), which keeps the encrypted side: what smtp(8) caches then is a UNIX socket to
 * tlsproxy, with the whole TLS context in its properties.
 */
import { describe, expect } from "bun:test"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as DeliveryRun from "../src/DeliveryRun.ts"
import { labPorts } from "../src/LoopbackAddress.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as MailLog from "../src/MailLog.ts"
import { isAtLeast } from "../src/PostfixRelease.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import * as Recorder from "../src/Recorder.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import * as TlsDestination from "../src/TlsDestination.ts"
import type * as Transcript from "../src/Transcript.ts"
import { labTest } from "./labTest.ts"

const scached = join(import.meta.dir, "../../../dist/scached")
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000
const mails = 300

/** Of connections to one destination, at the same time. */
const connectionsMax = 20

/** Of the mails that go over used connections with scache, the share that must do so with scached. */
const reuseShareMin = 0.9
const ttlSeconds = 30
const pollMillis = 20
const impediment = scachedExecutable.impediment()

const tlsReuse = (destination: PrivatePostfix.PrivatePostfix): Readonly<Record<string, string>> => ({
  relayhost: `[${destination.address}]:${labPorts.smtpd}`,
  smtp_tls_security_level: "encrypt",
  smtp_tls_connection_reuse: "yes",
  smtp_tls_loglevel: "1"
})

/** Every tlsproxy says so whose server side is not set up; it is smtpd's business, and nobody asked for it here. */
const isOfServerSide = (problem: string): boolean =>
  /^tlsproxy\[\d+\]: warning: TLS server role is disabled/.test(problem)

const deliver = Effect.fnUntraced(function* (name: string, cache: PrivatePostfix.PostfixCache) {
  const destination = yield* TlsDestination.start
  const postfix = yield* PrivatePostfix.start({ cache, settings: tlsReuse(destination) })
  yield* MailLoad.send(postfix.address, { mails, sessions: 4 })
  yield* postfix.waitForSent(mails, deliveryMillisMax)
  yield* postfix.awaitStatistics
  yield* postfix.stop
  yield* destination.stop
  const log = postfix.readLog()
  const { sent, unsent, reused, useMax, problems } = MailLog.summarize(log)
  console.log(`TLS with ${name}: ${reused} of ${sent} mails over used connections, ${useMax} times at most`)
  expect(problems.filter((problem) => !isOfServerSide(problem))).toEqual([])
  expect(MailLog.summarize(destination.readLog()).problems).toEqual([])
  expect({ sent, unsent }).toEqual({ sent: mails, unsent: 0 })
  // Each line of a delivery comes with one that says that its connection was encrypted, or still is.
  const texts = log.filter(({ program }) => program === "smtp").map(({ text }) => text)
  const established = texts.filter((text) => / TLS connection established to /.test(text)).length
  const encryptedAgain = texts.filter((text) => / TLS connection reused to /.test(text)).length
  expect(encryptedAgain).toBe(reused)
  expect(established).toBe(sent - reused)
  const hits = MailLog.statistics(log).reduce((sum, each) => sum + each.destinationHits + each.endpointHits, 0)
  expect(hits).toBeGreaterThanOrEqual(reused)
  return reused
}, Effect.scoped)

/** Measured once, by whichever test needs it first. */
let ownReused: number | undefined
const reference = Effect.gen(function* () {
  ownReused ??= yield* deliver("its own scache", "scache")
  return ownReused
})

describe("a real Postfix delivers 300 mails over TLS", () => {
  labTest("with its own scache", { timeoutMillis }, () =>
    Effect.gen(function* () {
      expect(yield* reference).toBeGreaterThanOrEqual(mails - connectionsMax)
    })
  )

  labTest("with the executable scached in scache's place", { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const cache = { executable: scached, commandArguments: "", isChrooted: true }
      const reused = yield* deliver("the executable scached", cache)
      expect(reused).toBeGreaterThanOrEqual(Math.floor((yield* reference) * reuseShareMin))
    })
  )
})

const textOf = (turn: Transcript.Turn): string => Buffer.from(turn.bytes, "hex").toString("latin1")

/** The properties of each connection that was saved, and whose descriptor the cache has acknowledged. */
const savedProperties = (transcripts: ReturnType<Recorder.Recorder["transcripts"]>): ReadonlyArray<string> =>
  transcripts.flatMap(({ exchange }) =>
    exchange.flatMap((turn, index) => {
      const request = exchange[index - 2]
      const answer = exchange[index + 1]
      if (turn.descriptor !== true || turn.from !== "client" || request === undefined || answer === undefined) return []
      return [/\0property\0([^\0]*)/.exec(textOf(request))?.[1] ?? ""]
    })
  )

/** The inodes of the sockets that a process holds. */
const socketsOf = (processId: number): ReadonlyArray<string> =>
  readdirSync(`/proc/${processId}/fd`).flatMap((name) => {
    const target = readlinkSync(`/proc/${processId}/fd/${name}`)
    return /^socket:\[(\d+)\]$/.exec(target)?.slice(1) ?? []
  })

const unixSockets = (): ReadonlySet<string> =>
  new Set(
    readFileSync("/proc/net/unix", "latin1")
      .matchAll(/^\S+: (?:\S+ +){5}(\d+)/gm)
      .map((match) => match[1] ?? "")
  )

labTest("what is cached is a UNIX socket, with the TLS context in its properties", { timeoutMillis, impediment }, () =>
  Effect.gen(function* () {
    const destination = yield* TlsDestination.start
    const cachePath = join(yield* TempDirectory.make, "scached")
    const server = yield* scachedExecutable.start(cachePath, { ttlLimitSeconds: ttlSeconds })
    let transcripts: Recorder.Recorder["transcripts"] = () => []
    const serve = Effect.fnUntraced(function* (socketPath: string) {
      transcripts = (yield* Recorder.start(socketPath, cachePath)).transcripts
    })
    // Cached for long enough to be looked at.
    const settings = { ...tlsReuse(destination), smtp_connection_cache_time_limit: `${ttlSeconds}s` }
    const postfix = yield* PrivatePostfix.start({ cache: { serviceName: "recorder", serve }, settings })
    const socketsBefore = socketsOf(server.pid).length
    yield* MailLoad.send(postfix.address, { mails: 1, sessions: 1 })
    yield* postfix.waitForSent(1, deliveryMillisMax)
    const saved = Effect.gen(function* () {
      while (savedProperties(transcripts()).length === 0) yield* Effect.sleep(pollMillis)
      return savedProperties(transcripts())
    })
    const [properties = ""] = yield* Effect.timeout(saved, "60 seconds")
    console.log(`a connection with TLS has ${properties.length} bytes of properties`)
    expect(properties).toMatch(/^tls_level=2$/m)
    expect(properties).toMatch(/^cipher_protocol=TLS/m)
    expect(properties.length).toBeGreaterThan(500)
    const sockets = socketsOf(server.pid)
    // The client's connection and what it saved.
    expect(sockets.length).toBeGreaterThanOrEqual(socketsBefore + 2)
    const known = unixSockets()
    expect(sockets.filter((inode) => !known.has(inode))).toEqual([])
  })
)

/** 3.5 and 3.7 ask for the destination first; 3.8 and 3.9 were not tried. */
const isAskedByHost = isAtLeast(3, 10)

/** What the statistics of scache(8) and of scached are read by, in docs/postfix.md. */
for (const [name, cache, trouble] of [
  ["scache", "scache", undefined],
  ["scached", { executable: scached, commandArguments: "", isChrooted: true }, impediment]
] as const) {
  labTest(
    `where TLS is possible, ${name} is asked for hosts alone from Postfix 3.10 on`,
    { timeoutMillis, impediment: trouble },
    () =>
      Effect.gen(function* () {
        // The destination offers no TLS, so that its connections are used again without tlsproxy(8).
        const result = yield* DeliveryRun.deliver(
          { cache, settings: { smtp_tls_security_level: "may" } },
          { mails: 100, sessions: 4, timeoutMillis: deliveryMillisMax }
        )
        expect(result.reused).toBeGreaterThan(0)
        const hits = (key: "destinationHits" | "endpointHits") =>
          result.statistics.reduce((sum, each) => sum + each[key], 0)
        const [asked, unasked] = isAskedByHost
          ? (["endpointHits", "destinationHits"] as const)
          : (["destinationHits", "endpointHits"] as const)
        expect(hits(asked)).toBeGreaterThan(0)
        if (isAskedByHost) expect(hits(unasked)).toBe(0)
        expect(hits(asked) + hits(unasked)).toBeGreaterThanOrEqual(result.reused)
      })
  )
}
