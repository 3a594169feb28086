/**
 * Connections to a receiver that are cached and left to expire, and what the receiver has noticed.
 *
 * @category receivers
 */
import { join } from "node:path"
import { openCache, type PlainCache } from "@scached/client"
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import { LabFailure, labFailure } from "../LabFailure.ts"
import type { LabProcess } from "../LabProcess.ts"
import type { PostfixTools } from "../PostfixTools.ts"
import * as TempDirectory from "../TempDirectory.ts"
import type { Receiver, RunningReceiver, SessionEnds } from "./Receiver.ts"

/**
 * Starts a cache at a socket.
 *
 * @category receivers
 */
export type StartCache = (
  socketPath: string
) => Effect.Effect<LabProcess, LabFailure, PostfixTools | SystemCalls | Scope.Scope>

const waitMillisMax = 60_000
const pollMillis = 50

const mail = ["MAIL FROM:<a@client.test>", "RCPT TO:<b@lab.example.test>", "DATA", "Subject: x\r\n\r\nx\r\n."]

/** What a client says before it gives its connection away: a mail, or a login. */
const scripts: Readonly<Record<Receiver["protocol"], ReadonlyArray<string>>> = {
  smtp: ["EHLO client.test", ...mail],
  lmtp: ["LHLO client.test", ...mail],
  imap: ["x LOGIN user password"]
}

/** Whether an answer is whole: the last line of one in SMTP has no hyphen behind its number. */
const isWhole = (protocol: Receiver["protocol"], answer: string): boolean =>
  protocol === "imap" ? /^(\*|x) OK .*\r\n$/m.test(answer) : /(^|\n)\d{3} [^\n]*\n$/.test(answer)

/** Opens a connection and brings it to where a client would cache it. */
const openSession = async ({ protocol }: Receiver, { address, port }: RunningReceiver) => {
  let answer = ""
  let onAnswer = (): void => {}
  const socket = await Bun.connect({
    hostname: address,
    port,
    socket: {
      data: (_, bytes) => {
        answer += bytes.toString()
        if (isWhole(protocol, answer)) onAnswer()
      }
    }
  })
  const answered = () =>
    new Promise<void>((resolve) => {
      onAnswer = resolve
      if (isWhole(protocol, answer)) resolve()
    })
  await answered()
  for (const command of scripts[protocol]) {
    answer = ""
    const next = answered()
    socket.write(`${command}\r\n`)
    await next
  }
  return socket
}

const saveAll = async (cache: PlainCache, receiver: Receiver, running: RunningReceiver, count: number) => {
  for (let left = count; left > 0; left--) {
    const socket = await openSession(receiver, running)
    await cache.saveEndpoint({ label: `${receiver.protocol}\n${running.address}`, ttlSeconds: 1, socket })
  }
}

/**
 * Caches so many connections for a second and returns what the receiver has noticed of their ends, when it has noticed all of them.
 *
 * @category receivers
 */
export const expireAt = Effect.fnUntraced(function* (
  receiver: Receiver,
  startCache: StartCache,
  connections: number
): Effect.fn.Return<SessionEnds, LabFailure, PostfixTools | SystemCalls | Scope.Scope> {
  const socketPath = join(yield* TempDirectory.make, "s")
  yield* startCache(socketPath)
  const running = yield* receiver.start
  const cache = yield* Effect.acquireRelease(
    Effect.sync(() => openCache({ path: socketPath })),
    (each) => Effect.promise(() => each.close())
  )
  yield* Effect.tryPromise({
    try: () => saveAll(cache, receiver, running, connections),
    catch: labFailure(`cache connections to ${receiver.name}`)
  })
  const allEnded = Effect.gen(function* () {
    for (;;) {
      const ends = running.ends()
      if (ends.said + ends.unsaid >= connections) return ends
      yield* Effect.sleep(pollMillis)
    }
  })
  const attempt = `see the ends of ${connections} sessions at ${receiver.name}`
  return yield* Effect.timeoutOrElse(allEnded, {
    duration: waitMillisMax,
    orElse: () => Effect.fail(new LabFailure({ attempt, found: JSON.stringify(running.ends()) }))
  })
})
