/**
 * Stands between a client and a cache, passes on what they say and the descriptors they hand each other, and writes it down.
 *
 * @category goldens
 */
import { Descriptors, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import * as Conversation from "./Conversation.ts"
import { LabFailure, labFailure } from "./LabFailure.ts"
import { Transcript, type Turn } from "./Transcript.ts"

/**
 * A recorder at work.
 *
 * @category goldens
 */
export interface Recorder {
  /** What each client and the cache have said so far, in the order in which the clients came. */
  readonly transcripts: () => ReadonlyArray<Transcript>
}

interface Line {
  readonly client: Conversation.Conversation
  readonly server: Conversation.Conversation
  readonly transcript: Transcript
}

const pollMillis = 1

/** Carries over what one side has said; its bytes and descriptors never come together but as one byte with one descriptor. */
const carry = (line: Line, from: Turn["from"]): boolean => {
  const [source, sink] = from === "client" ? [line.client, line.server] : [line.server, line.client]
  if (!source.hearsWithin(0)) return false
  const { bytes, descriptors, ended } = source.takeArrived()
  const [descriptor] = descriptors
  if (descriptor !== undefined) {
    if (descriptors.length !== 1 || bytes.length !== 1 || bytes[0] !== 0) {
      throw new LabFailure({ attempt: "pass on a descriptor", found: `${bytes.length} bytes and more than it alone` })
    }
    sink.sendDescriptor(descriptor)
    descriptor.close()
  } else if (bytes.length > 0) {
    sink.send(bytes)
  }
  if (bytes.length > 0) line.transcript.record(from, bytes, descriptor !== undefined)
  return !ended
}

/**
 * Starts a recorder that listens at one path and connects to the cache at the other.
 *
 * @category goldens
 */
export const start = Effect.fnUntraced(function* (
  listenPath: string,
  cachePath: string
): Effect.fn.Return<Recorder, LabFailure, SystemCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const listener = yield* UnixSocket.listen(listenPath, { mode: 0o666, backlog: 100 }).pipe(
    Effect.mapError(labFailure(`listen at ${listenPath}`))
  )
  const transcripts: Array<Transcript> = []
  const lines = new Set<Line>()

  const acceptAll = Effect.gen(function* () {
    for (let next = calls.accept(listener); typeof next !== "number"; next = calls.accept(listener)) {
      const client = yield* Conversation.over(yield* Descriptors.scoped(next))
      const server = yield* Conversation.connect(cachePath)
      const transcript = new Transcript()
      transcripts.push(transcript)
      lines.add({ client, server, transcript })
    }
  })
  const work = Effect.gen(function* () {
    for (;;) {
      yield* acceptAll
      let busy = false
      for (const line of lines) {
        for (const from of ["client", "server"] as const) busy = carry(line, from) || busy
      }
      if (!busy) yield* Effect.sleep(pollMillis)
    }
  })
  yield* Effect.forkScoped(work)
  return { transcripts: () => transcripts }
})
