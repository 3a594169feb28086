/** What else smtp(8) and lmtp(8) cache: sessions of LMTP, over TCP and over a UNIX socket, and sessions whose client has authenticated. */
import { describe, expect } from "bun:test"
import { chownSync, existsSync, globSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import * as AuthenticatingSink from "../src/AuthenticatingSink.ts"
import { scachedExecutable } from "../src/CacheTarget.ts"
import type { LabFailure } from "../src/LabFailure.ts"
import * as LabProcess from "../src/LabProcess.ts"
import * as LoopbackAddress from "../src/LoopbackAddress.ts"
import { labPorts } from "../src/LoopbackAddress.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as MailLog from "../src/MailLog.ts"
import { type PostfixTools, postfixPaths } from "../src/PostfixTools.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

const executable = join(import.meta.dir, "../../../dist/scached")
const mails = 300
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000
const pollMillis = 20

/** Twice as many as Postfix opens to one destination at the same time. */
const newConnectionsMax = 40
/** Of the mails that go over used connections with scache, the share that must do so with scached. */
const reuseShareMin = 0.9

interface Destination {
  readonly settings: Readonly<Record<string, string>>
  /** Looks, after the mail, whether it went as it should. */
  readonly check: (delivered: MailLog.DeliverySummary) => void
}

interface Transport {
  readonly name: string
  readonly misplaced?: string | undefined
  readonly start: Effect.Effect<Destination, LabFailure, PostfixTools | SystemCalls | Scope.Scope>
}

const lmtp = { lmtp_connection_cache_destinations: "static:all", relayhost: "" }
const uncheckedMore = (): void => undefined

const lmtpOverTcp = Effect.gen(function* () {
  const address = yield* LoopbackAddress.next
  yield* MailLoad.startSink(address, ["-L"])
  return { settings: { ...lmtp, default_transport: `lmtp:[${address}]:${labPorts.sink}` }, check: uncheckedMore }
})

const lmtpOverUnix = Effect.gen(function* () {
  const directory = yield* TempDirectory.make
  chownSync(directory, PrivatePostfix.ownerOfPostfix().uid, 0)
  const path = join(directory, "lmtp")
  yield* LabProcess.start([postfixPaths.smtpSink, "-u", "postfix", "-L", `unix:${path}`, "1000"])
  while (!existsSync(path)) yield* Effect.sleep(pollMillis)
  return { settings: { ...lmtp, default_transport: `lmtp:unix:${path}` }, check: uncheckedMore }
})

const authenticated = Effect.gen(function* () {
  const address = yield* LoopbackAddress.next
  const sink = yield* AuthenticatingSink.start(address)
  return {
    settings: {
      relayhost: `[${address}]:${labPorts.sink}`,
      smtp_sasl_auth_enable: "yes",
      smtp_sasl_password_maps: `static:${sink.credentials}`,
      smtp_sasl_security_options: "noanonymous",
      smtp_sasl_mechanism_filter: "plain"
    },
    check: ({ sent, reused }: MailLog.DeliverySummary) => {
      // A used connection must be one on which the client has authenticated, and it does so once.
      expect({ accepted: sink.accepted(), refused: sink.refused() }).toEqual({ accepted: sent, refused: 0 })
      expect(sink.authenticated()).toBe(sent - reused)
    }
  }
})

const hasPlain = globSync("/usr/lib/*/sasl2/libplain.so*").length > 0

const transports: ReadonlyArray<Transport> = [
  { name: "LMTP over TCP", start: lmtpOverTcp },
  { name: "LMTP over a UNIX socket", start: lmtpOverUnix },
  {
    name: "SMTP with AUTH PLAIN",
    start: authenticated,
    misplaced: hasPlain ? undefined : "libsasl2-modules is not installed: .ci/install-postfix"
  }
]

const deliver = Effect.fnUntraced(function* (transport: Transport, name: string, cache: PrivatePostfix.PostfixCache) {
  const { settings, check } = yield* transport.start
  const postfix = yield* PrivatePostfix.start({ cache, settings })
  yield* MailLoad.send(postfix.address, { mails, sessions: 4 })
  yield* postfix.waitForSent(mails, deliveryMillisMax)
  yield* postfix.stop
  const delivered = MailLog.summarize(postfix.readLog())
  const { sent, unsent, reused, problems } = delivered
  console.log(`${transport.name} with ${name}: ${reused} of ${sent} mails over used connections`)
  expect(problems).toEqual([])
  expect({ sent, unsent }).toEqual({ sent: mails, unsent: 0 })
  check(delivered)
  return reused
}, Effect.scoped)

for (const transport of transports) {
  const { misplaced, name } = transport
  describe(`a real Postfix delivers 300 mails by ${name}`, () => {
    /** Measured once, by whichever test needs it first. */
    let ownReused: number | undefined
    const reference = Effect.gen(function* () {
      ownReused ??= yield* deliver(transport, "its own scache", "scache")
      return ownReused
    })

    labTest("with its own scache", { timeoutMillis, misplaced }, () =>
      Effect.gen(function* () {
        expect(yield* reference).toBeGreaterThanOrEqual(mails - newConnectionsMax)
      })
    )

    const impediment = scachedExecutable.impediment()
    labTest("with the executable scached in scache's place", { timeoutMillis, impediment, misplaced }, () =>
      Effect.gen(function* () {
        const reused = yield* deliver(transport, "scached", { executable, commandArguments: "", isChrooted: true })
        expect(reused).toBeGreaterThanOrEqual(Math.floor((yield* reference) * reuseShareMin))
      })
    )
  })
}
