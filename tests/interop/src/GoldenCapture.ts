/**
 * Makes goldens: scripted ones with scache(8) alone, and recorded ones of a Postfix that delivers mail.
 *
 * @category goldens
 */
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as Conversation from "./Conversation.ts"
import type { GoldenScript } from "./GoldenScript.ts"
import type { LabFailure } from "./LabFailure.ts"
import { labPorts } from "./LoopbackAddress.ts"
import * as MailLoad from "./MailLoad.ts"
import * as MarkedConnection from "./MarkedConnection.ts"
import { PostfixTools } from "./PostfixTools.ts"
import * as PrivatePostfix from "./PrivatePostfix.ts"
import * as Recorder from "./Recorder.ts"
import * as ScacheProcess from "./ScacheProcess.ts"
import * as TempDirectory from "./TempDirectory.ts"
import { type Golden, Transcript } from "./Transcript.ts"

/** So long without a word, and the server has said all: only here, where what it says is not known before. */
const quietMillis = 100

const listen = (conversation: Conversation.Conversation, transcript: Transcript): void => {
  let heard = false
  while (conversation.hearsWithin(quietMillis)) {
    heard = true
    const { descriptors, ended } = conversation.takeArrived()
    for (const descriptor of descriptors) descriptor.close()
    if (ended) return
  }
  if (!heard) transcript.pause()
}

/**
 * What scache(8) answers to a script.
 *
 * @category goldens
 */
export const fromScript = Effect.fnUntraced(function* (
  cachePath: string,
  script: GoldenScript
): Effect.fn.Return<Golden, LabFailure, PostfixTools | SystemCalls> {
  const transcript = new Transcript()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const conversation = yield* Conversation.connect(cachePath, { transcript })
      listen(conversation, transcript)
      for (const said of script.says) {
        if (said === "descriptor") {
          const connection = yield* MarkedConnection.make
          conversation.sendDescriptor(connection.near)
          connection.near.close()
        } else {
          conversation.send(said)
        }
        listen(conversation, transcript)
      }
    })
  )
  const { version } = yield* PostfixTools
  return { name: script.name, source: `Postfix ${yield* version} scache(8)`, exchange: transcript.exchange }
})

/** Not 127.0.0.2 or another of our own: `localhost` must lead to the same place, and goldens made again must stay alike. */
const address = "127.0.0.1"
const sentMillisMax = 10_000

/** The first two go to one destination, the others to another destination of the same endpoint. */
const recipients = ["first@destination.test", "again@destination.test", "other@by-name.test", "again@by-name.test"]

/**
 * What smtp(8) and scache(8) say to each other while a few mails are delivered one after the other.
 *
 * @category goldens
 */
export const fromDeliveries: Effect.Effect<
  ReadonlyArray<Golden>,
  LabFailure,
  PostfixTools | SystemCalls
> = Effect.scoped(
  Effect.gen(function* () {
    const cachePath = join(yield* TempDirectory.make, "scache")
    yield* ScacheProcess.start({ socketPath: cachePath, ttlLimitSeconds: 2 })
    let transcripts: Recorder.Recorder["transcripts"] = () => []
    const serve = Effect.fnUntraced(function* (socketPath: string) {
      transcripts = (yield* Recorder.start(socketPath, cachePath)).transcripts
    })
    const settings = { transport_maps: `inline:{ { by-name.test = smtp:[localhost]:${labPorts.sink} } }` }
    const postfix = yield* PrivatePostfix.start({ cache: { serviceName: "recorder", serve }, settings, address })
    yield* MailLoad.startSink(address)
    for (const [index, recipient] of recipients.entries()) {
      yield* MailLoad.send(address, { mails: 1, sessions: 1, recipient })
      yield* postfix.waitForSent(index + 1, sentMillisMax)
    }
    yield* postfix.stop
    const { version } = yield* PostfixTools
    const source = `Postfix ${yield* version} smtp(8) and scache(8)`
    return transcripts().map(({ exchange }, index) => ({ name: `smtp-deliveries-${index + 1}`, source, exchange }))
  })
)
