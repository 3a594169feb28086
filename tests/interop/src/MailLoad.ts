/**
 * Mail from nowhere to nowhere: smtp-source(1) sends it to a private Postfix, smtp-sink(1) swallows what that delivers.
 *
 * @category mail
 */
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import { LabFailure } from "./LabFailure.ts"
import * as LabProcess from "./LabProcess.ts"
import { labPorts } from "./LoopbackAddress.ts"
import { PostfixTools } from "./PostfixTools.ts"

const connectionsMax = 1000
/** Only a failure takes that long, here and below. */
const startMillisMax = 30_000
const pollMillis = 5

/**
 * Starts the destination of all mail at an address and returns when it accepts connections; it ends with the scope.
 *
 * @category mail
 */
export const startSink = Effect.fnUntraced(function* (
  address: string,
  extraArguments: ReadonlyArray<string> = []
): Effect.fn.Return<LabProcess.LabProcess, LabFailure, PostfixTools | SystemCalls | Scope.Scope> {
  const { paths } = yield* PostfixTools
  const place = `${address}:${labPorts.sink}`
  const sink = yield* LabProcess.start([
    paths.smtpSink,
    "-u",
    "postfix",
    ...extraArguments,
    place,
    String(connectionsMax)
  ])
  const answers = Effect.gen(function* () {
    while (!(yield* canConnect(address, labPorts.sink))) yield* Effect.sleep(pollMillis)
  })
  yield* Effect.timeoutOrElse(answers, {
    duration: startMillisMax,
    orElse: () => Effect.fail(new LabFailure({ attempt: `start smtp-sink at ${place}`, found: sink.output() }))
  })
  return sink
})

const canConnect = (hostname: string, port: number): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    try {
      const socket = await Bun.connect({ hostname, port, socket: { data: () => undefined } })
      socket.end()
      return true
    } catch {
      return false
    }
  })

/**
 * What is sent.
 *
 * @category mail
 */
export interface Load {
  readonly mails: number
  /** How many sessions submit mail at the same time. */
  readonly sessions: number
  readonly recipient?: string
}

const sendMillisMax = 120_000

/**
 * Submits mail to the private Postfix at an address and returns when it has accepted all of it.
 *
 * @category mail
 */
export const send = Effect.fnUntraced(function* (
  address: string,
  load: Load
): Effect.fn.Return<void, LabFailure, PostfixTools | SystemCalls> {
  const { paths } = yield* PostfixTools
  const people = ["-f", "sender@example.test", "-t", load.recipient ?? "recipient@destination.test"]
  const amount = ["-s", String(load.sessions), "-m", String(load.mails)]
  yield* LabProcess.run([paths.smtpSource, ...amount, ...people, `${address}:${labPorts.smtpd}`], {
    timeoutMillis: sendMillisMax
  })
})
