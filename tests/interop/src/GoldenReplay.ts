/**
 * Plays the client's part of a golden to a living server, which must say its own part to the byte.
 *
 * @category goldens
 */
import type { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as AttributeList from "./AttributeList.ts"
import * as Conversation from "./Conversation.ts"
import * as Greeting from "./Greeting.ts"
import type { LabFailure } from "./LabFailure.ts"
import * as MarkedConnection from "./MarkedConnection.ts"
import type { Golden, Turn } from "./Transcript.ts"

/** So long the server must be silent where the golden says that it said nothing. */
const silenceMillis = 20

/**
 * Whether a golden can be replayed: the boundary to the kernel sends a descriptor with a single NUL only.
 *
 * @category goldens
 */
export const isReplayable = (golden: Golden): boolean =>
  golden.exchange.every((turn) => turn.descriptor === undefined || turn.bytes === "00")

/** The exchange as the installed Postfix has it: the goldens are those of one whose cache greets. */
const withoutGreeting = (exchange: Golden["exchange"]): Golden["exchange"] => {
  const [first] = exchange
  const isGreeted = first?.from === "server" && first.bytes === AttributeList.greeting.toString("hex")
  return isGreeted && !Greeting.isSent() ? exchange.slice(1) : exchange
}

/**
 * Replays a golden to the server at a path. Dies with a `ConversationFailure` at the first byte that is not the golden's.
 *
 * @category goldens
 */
export const replay = Effect.fnUntraced(function* (
  socketPath: string,
  golden: Golden
): Effect.fn.Return<void, LabFailure, SystemCalls> {
  yield* Effect.scoped(
    Effect.gen(function* () {
      const conversation = yield* Conversation.connect(socketPath)
      let last: Turn["from"] = "server"
      for (const turn of withoutGreeting(golden.exchange)) {
        const bytes = Buffer.from(turn.bytes, "hex")
        if (turn.from === "server") {
          if (turn.descriptor) conversation.expectDescriptor().close()
          else conversation.expect(bytes)
        } else {
          if (last === "client") conversation.expectSilence(silenceMillis)
          if (turn.descriptor) {
            const { near } = yield* MarkedConnection.make
            conversation.sendDescriptor(near)
            near.close()
          } else {
            conversation.send(bytes)
          }
        }
        last = turn.from
      }
      conversation.expectSilence(silenceMillis)
    })
  )
})
