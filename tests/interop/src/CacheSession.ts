/**
 * A client that accepts any answer of a server, and records it in words that allow comparing two servers.
 *
 * @category differential
 */
import { SystemCalls } from "@scached/fdpass"
import { Effect, Exit, Scope } from "effect"
import * as AttributeList from "./AttributeList.ts"
import * as Conversation from "./Conversation.ts"
import * as Greeting from "./Greeting.ts"
import type { LabFailure } from "./LabFailure.ts"
import * as MarkedConnection from "./MarkedConnection.ts"
import { closeAndTellMark, type Mark } from "./MarkedConnection.ts"

/**
 * A request, and the client's reply if the server asks for a descriptor.
 *
 * @category differential
 */
export interface Step {
  /** A description for people. */
  readonly name: string
  readonly request: Buffer
  /** Offsets at which the request is cut: the server gets the pieces one by one. Without it the request is sent whole. */
  readonly cuts?: ReadonlyArray<number>
  /** The client's reply when the server answers a save with `dummy`: a descriptor, or a byte without one. */
  readonly cargo: "descriptor" | "bare byte"
}

/**
 * A session with one server.
 *
 * @category differential
 */
export interface CacheSession {
  /** Carries out a step and returns one line for each action of the server. */
  readonly take: (step: Step) => Effect.Effect<ReadonlyArray<string>, LabFailure>
  /** The numbers of the saved connections that the server still has. */
  readonly held: Effect.Effect<ReadonlyArray<number>, LabFailure>
}

interface Saved {
  readonly mark: Mark
  readonly farEnd: Conversation.Conversation
  open: boolean
}

const findSuccess = Buffer.from("status\x000\0property\0", "latin1")
const findSucceeds = (bytes: Buffer): boolean => bytes.subarray(0, findSuccess.length).equals(findSuccess)
const opensExchange = (bytes: Buffer): boolean => bytes.equals(AttributeList.dummy) || findSucceeds(bytes)
const always = (): boolean => true
const never = (): boolean => false
const neverSaved = "(a label that nobody saves)"
const pieceMillis = 2
/** A server that answers no client for this long is inside a request. */
const settleMillisMax = 6000
/** The least that a server reads of one connection in one turn: the buffer of Postfix's streams. scached reads 16 KiB. */
const readBytesMin = 4096
/**
 * The number of answers on the second connection after which the first one's bytes have been handled: one for each read that these bytes may
 * take, since a fair server answers other clients between two reads. One more is needed: if two connections are ready at the same time, a server
 * may begin with the one that became ready last (epoll gives no order).
 */
const roundsToRest = (sentBytes: number): number => 1 + Math.max(1, Math.ceil(sentBytes / readBytesMin))

/**
 * Opens a session with the server at a path.
 *
 * A request on a second connection shows, without a fixed delay, that the server will send no more: once it is answered, the server has handled
 * everything sent earlier on the first connection. scache(8) does not answer the second connection inside an exchange with the first, so the
 * session waits for output on the first or that answer. A server that waits for more bytes of a request on the first connection answers no
 * client: this is recorded as a stall, and ended by a disconnect.
 *
 * @category differential
 */
export const open = Effect.fnUntraced(function* (
  socketPath: string
): Effect.fn.Return<CacheSession, LabFailure, SystemCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const scope = yield* Effect.scope
  const inScope = <A, E>(effect: Effect.Effect<A, E, SystemCalls | Scope.Scope>) =>
    effect.pipe(Effect.provideService(SystemCalls, calls), Effect.provideService(Scope.Scope, scope))

  const probe = yield* Conversation.connect(socketPath)
  Greeting.expectFrom(probe)
  const connectClient = Effect.gen(function* () {
    const own = yield* Scope.fork(scope)
    const conversation = yield* Conversation.connect(socketPath).pipe(Effect.provideService(Scope.Scope, own))
    Greeting.expectFrom(conversation)
    return { conversation, leave: Scope.close(own, Exit.void) }
  }).pipe(Effect.provideService(SystemCalls, calls))
  let client = yield* connectClient

  const saved: Array<Saved> = []
  const nameOf = (mark: Mark): string => {
    const index = saved.findIndex((each) => each.mark === mark)
    return index < 0 ? "a descriptor never saved" : `connection ${index}`
  }

  /** Whether the answer to the second connection's request is pending. */
  let asked = false
  const ask = (): void => {
    if (!asked) probe.send(AttributeList.request.findEndpoint(neverSaved))
    asked = true
  }
  const answered = (millis: number): boolean => {
    if (!asked) return true
    if (!probe.hearsWithin(millis)) return false
    probe.expect(AttributeList.found.endpoint(2, ""))
    asked = false
    return true
  }
  /** Bytes that the client sent in its last turn. */
  let sentBytes = 0
  /** Waits until the server has handled the first connection. */
  const settle = (): boolean => {
    for (let round = roundsToRest(sentBytes); round > 0; round -= 1) {
      ask()
      if (!answered(settleMillisMax)) return false
    }
    return true
  }
  /** Waits for output of the server, or until it is certain that there is none. */
  const awaitWord = (): "word" | "silence" | "stall" => {
    for (let round = roundsToRest(sentBytes); round > 0; round -= 1) {
      ask()
      for (let waited = 0; asked && waited < settleMillisMax; waited += 1) {
        if (client.conversation.hearsWithin(1)) return "word"
        answered(0)
      }
      if (asked) return "stall"
    }
    return "silence"
  }

  /** The server's actions after the client's last turn; the server waits for the next turn if its output `continues` an exchange. */
  const look = Effect.fnUntraced(function* (continues: (bytes: Buffer) => boolean) {
    const heard = awaitWord()
    let stalls = heard === "stall"
    let arrived = client.conversation.takeArrived()
    if (heard === "word" && (arrived.ended || !continues(arrived.bytes))) {
      stalls = !settle()
      const more = client.conversation.takeArrived()
      arrived = {
        bytes: Buffer.concat([arrived.bytes, more.bytes]),
        descriptors: [...arrived.descriptors, ...more.descriptors],
        ended: arrived.ended || more.ended
      }
    }
    const seen = [
      ...(arrived.bytes.length > 0 ? [`says ${AttributeList.printable(arrived.bytes)}`] : []),
      ...arrived.descriptors.map((each) => `passes ${nameOf(closeAndTellMark(calls, each))}`),
      ...(arrived.ended ? ["closes"] : []),
      ...(stalls ? ["stalls"] : [])
    ]
    if (stalls || arrived.ended) {
      yield* client.leave
      settle()
      client = yield* connectClient
    }
    return { bytes: arrived.bytes, seen, goesOn: !stalls && !arrived.ended }
  })

  const sendCargo = Effect.fnUntraced(function* (cargo: Step["cargo"]) {
    sentBytes = 1
    if (cargo === "bare byte") return client.conversation.send(Buffer.of(0))
    const connection = yield* inScope(MarkedConnection.make)
    const farEnd = yield* inScope(Conversation.over(connection.far))
    client.conversation.sendDescriptor(connection.near)
    connection.near.close()
    saved.push({ mark: connection.mark, farEnd, open: true })
  })

  const sendPieces = (step: Step): void => {
    const ends = [...(step.cuts ?? []), step.request.length]
    sentBytes = step.request.length
    for (const [index, end] of ends.entries()) {
      // Give the server time to read the piece alone.
      if (index > 0) client.conversation.hearsWithin(pieceMillis)
      client.conversation.send(step.request.subarray(ends[index - 1] ?? 0, end))
    }
  }

  const take = Effect.fnUntraced(function* (step: Step) {
    sendPieces(step)
    const first = yield* look(opensExchange)
    if (!first.goesOn) return first.seen
    if (first.bytes.equals(AttributeList.dummy)) {
      yield* sendCargo(step.cargo)
      return [...first.seen, ...(yield* look(never)).seen]
    }
    if (!findSucceeds(first.bytes)) return first.seen
    client.conversation.send(AttributeList.dummy)
    const second = yield* look(always)
    if (!second.goesOn) return [...first.seen, ...second.seen]
    client.conversation.send(AttributeList.dummy)
    return [...first.seen, ...second.seen, ...(yield* look(never)).seen]
  })

  const held = Effect.sync(() => {
    settle()
    for (const each of saved) {
      if (each.open) each.open = !each.farEnd.takeArrived().ended
    }
    return saved.flatMap((each, index) => (each.open ? [index] : []))
  })
  return { take, held }
})
