/** Why `scached_greeting` must suit the installed Postfix: with the wrong one mail flows, but no connection is used again. */
import { expect } from "bun:test"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as Greeting from "../src/Greeting.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import { labTest } from "./labTest.ts"

const executable = join(import.meta.dir, "../../../dist/scached")
const mails = 20
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000

const wrong = Greeting.isSent()
  ? {
      name: "without a greeting Postfix 3.6 and later use no connection again",
      value: "no",
      warning: /problem talking to service private\/scache: Application error$/
    }
  : {
      name: "with a greeting Postfix 3.5 and earlier use no connection again",
      value: "yes",
      warning: /unexpected attribute protocol from private\/scache \(expecting: status\)/
    }

labTest(wrong.name, { timeoutMillis, impediment: scachedExecutable.impediment() }, () =>
  Effect.gen(function* () {
    const postfix = yield* PrivatePostfix.start({
      cache: { executable, commandArguments: "" },
      // A client that waits for a greeting does so for as long as this.
      settings: { scached_greeting: wrong.value, connection_cache_protocol_timeout: "1s" }
    })
    yield* MailLoad.startSink(postfix.address)
    yield* MailLoad.send(postfix.address, { mails, sessions: 2 })
    const { reused, unsent, problems } = yield* postfix.waitForSent(mails, deliveryMillisMax)
    expect({ reused, unsent }).toEqual({ reused: 0, unsent: 0 })
    expect(problems.some((problem) => wrong.warning.test(problem))).toBe(true)
  })
)
