/**
 * A private Postfix with some cache delivers a load of mail: what came of it?
 *
 * @category mail
 */
import type { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import type { LabFailure } from "./LabFailure.ts"
import * as MailLoad from "./MailLoad.ts"
import * as MailLog from "./MailLog.ts"
import type { PostfixTools } from "./PostfixTools.ts"
import * as PrivatePostfix from "./PrivatePostfix.ts"

/**
 * What came of it: the log's summary after Postfix has stopped, and the statistics of a cache that logged them there.
 *
 * @category mail
 */
export interface DeliveryResult extends MailLog.DeliverySummary {
  readonly statistics: ReadonlyArray<MailLog.CacheStatistics>
}

/**
 * How much mail.
 *
 * @category mail
 */
export interface DeliveryLoad extends MailLoad.Load {
  readonly timeoutMillis: number
}

/**
 * Delivers the load with a private Postfix of its own, and stops that.
 *
 * Before the end Postfix is told to reload: its own cache then logs its statistics.
 *
 * @category mail
 */
export const deliver = Effect.fnUntraced(function* <R = never>(
  options: PrivatePostfix.PostfixOptions<R>,
  load: DeliveryLoad
): Effect.fn.Return<DeliveryResult, LabFailure, PostfixTools | SystemCalls | R> {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const postfix = yield* PrivatePostfix.start(options)
      yield* MailLoad.startSink(postfix.address)
      yield* MailLoad.send(postfix.address, load)
      const { reused } = yield* postfix.waitForSent(load.mails, load.timeoutMillis)
      const logsItself = options.cache === "scache" || "executable" in options.cache
      if (logsItself && reused > 0) yield* postfix.awaitStatistics
      yield* postfix.stop
      const log = postfix.readLog()
      return { ...MailLog.summarize(log), statistics: MailLog.statistics(log) }
    })
  )
})
