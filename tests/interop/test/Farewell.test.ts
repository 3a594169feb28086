/** How sessions end at a real smtpd(8) that were cached and have expired. */
import { expect } from "bun:test"
import { join } from "node:path"
import { Effect } from "effect"
import * as CacheTarget from "../src/CacheTarget.ts"
import { expireAt } from "../src/farewell/FarewellRun.ts"
import { receivers } from "../src/farewell/receivers.ts"
import { labPorts } from "../src/LoopbackAddress.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import * as TlsDestination from "../src/TlsDestination.ts"
import { labTest } from "./labTest.ts"

const postfix = receivers.find(({ name }) => name === "Postfix smtpd")
if (postfix === undefined) throw new Error("there is no receiver of Postfix")

for (const [target, farewells, ends] of [
  [CacheTarget.scache, "", { said: 0, unsaid: 10, troubles: 0 }],
  [CacheTarget.scachedFromSource, "", { said: 0, unsaid: 10, troubles: 0 }],
  [CacheTarget.scachedFromSource, "smtp", { said: 10, unsaid: 0, troubles: 0 }]
] as const) {
  const rules = farewells === "" ? "" : ` with scached_farewell = ${farewells}`
  labTest(`smtpd(8) sees how sessions end that ${target.name} had cached${rules}`, {}, () =>
    Effect.map(
      expireAt(postfix, (path) => target.start(path, { ttlLimitSeconds: 100, farewells }), 10),
      (found) => expect(found).toEqual(ends)
    )
  )
}

const impediment = CacheTarget.scachedExecutable.impediment()
const deliveryMillisMax = 120_000
const pollMillis = 50
const mails = 40

/** How sessions ended at a destination with TLS, to which a real Postfix has delivered with this cache. */
const endsThroughTls = Effect.fnUntraced(function* (cache: PrivatePostfix.PostfixCache) {
  const destination = yield* TlsDestination.start
  const settings = {
    relayhost: `[${destination.address}]:${labPorts.smtpd}`,
    smtp_tls_security_level: "encrypt",
    smtp_tls_connection_reuse: "yes",
    scached_farewell: "smtp, relay=smtp"
  }
  const postfix = yield* PrivatePostfix.start({ cache, settings })
  yield* MailLoad.send(postfix.address, { mails, sessions: 4 })
  yield* postfix.waitForSent(mails, deliveryMillisMax)
  const linesOf = (begin: string) =>
    destination
      .readLog()
      .filter(({ program, text }) => program === "smtpd" && text.startsWith(begin))
      .map(({ text }) => text)
  // What is cached expires after two seconds; the test's own limit ends this.
  while (linesOf("disconnect from ").length < linesOf("connect from ").length) yield* Effect.sleep(pollMillis)
  const ended = linesOf("disconnect from ")
  return { all: ended.length, said: ended.filter((text) => text.includes(" quit=1 ")).length }
}, Effect.scoped)

labTest("through tlsproxy(8), from a chroot below master(8), every session ends with QUIT", { impediment }, () =>
  Effect.gen(function* () {
    const executable = join(import.meta.dir, "../../../dist/scached")
    const { all, said } = yield* endsThroughTls({ executable, commandArguments: "", isChrooted: true })
    expect([all > 0, said]).toEqual([true, all])
    const reference = yield* endsThroughTls("scache")
    expect(reference.said).toBeLessThan(reference.all)
  })
)
