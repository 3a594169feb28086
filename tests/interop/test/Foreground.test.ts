/** Postfix in the foreground, as in a container: with `maillog_file = /dev/stdout` postlogd(8) writes all lines to master(8)'s output. */
import { expect } from "bun:test"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as MailLog from "../src/MailLog.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import { labTest } from "./labTest.ts"

const executable = join(import.meta.dir, "../../../dist/scached")
const mails = 40
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000

for (const [name, cache, impediment] of [
  ["scache", "scache", undefined],
  ["scached", { executable, commandArguments: "", isChrooted: true }, scachedExecutable.impediment()]
] as const) {
  labTest(`the statistics of ${name} reach standard output`, { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const postfix = yield* PrivatePostfix.start({ cache, isInForeground: true })
      yield* MailLoad.startSink(postfix.address)
      yield* MailLoad.send(postfix.address, { mails, sessions: 2 })
      const { reused } = yield* postfix.waitForSent(mails, deliveryMillisMax)
      expect(reused).toBeGreaterThan(0)
      yield* postfix.awaitStatistics
      const said = postfix.readLog().filter(({ program }) => program === name)
      expect(said.filter(MailLog.isProblem)).toEqual([])
      expect(said.filter(({ text }) => text.startsWith("statistics: ")).length).toBeGreaterThanOrEqual(3)
    })
  )
}
