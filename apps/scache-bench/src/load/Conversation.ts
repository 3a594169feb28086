import { type Descriptor, Errno, type Outcome, type ReceiveBuffer } from "@scached/fdpass"
import { dummyBytes, type Prepared } from "../workload/RequestBytes.ts"
import { kindNames, RequestKind } from "../workload/RequestKind.ts"
import { checkAnnounced, checkArrived, checkMiss } from "./checks.ts"
import type { LoadBench } from "./LoadBench.ts"
import type { LoadCaller } from "./LoadCalls.ts"
import { dummyReply, greeting, incomplete, malformed, readFixed, readFound, readStatus } from "./replies.ts"

/** What a conversation waits for. */
export const Phase = {
  greeting: 0,
  idle: 1,
  saveDummy: 2,
  saveStatus: 3,
  status: 4,
  reply: 5,
  descriptor: 6,
  over: 7
} as const

const waitsFor = ["the greeting", "nothing", "the dummy", "the status", "the status", "the reply", "the descriptor"]

const none = new Uint8Array(0)

/** The other side has closed the connection, as the kernel does for a process that ends. */
const isGone = (outcome: Outcome): boolean => outcome === -Errno.EPIPE || outcome === -Errno.ECONNRESET

/** No label and no properties of a workload come near it; a reply without an end must not fill the machine. */
const replyBytesMax = 65_536

/**
 * One client's conversation: the whole of the hot path. Plain code, no object an operation: a request costs its system calls and
 * about a microsecond.
 */
export class Conversation implements LoadCaller {
  readonly number: number
  readonly socket: Descriptor
  readonly #bench: LoadBench
  phase: number = Phase.greeting
  kind = 0
  endpoint = 0
  destination = 0
  binding = 0
  /** Under way or just ended: which connection, and its save. */
  connection = -1
  generation = 0
  startedMillis = 0
  dueMillis = 0
  /** Whether an operation has begun and not ended, its end counted; kept by the loop. */
  isUnderWay = false
  /** Whether the last operation did what was asked: saved, found. */
  hasSucceeded = false
  /** Why it ended, when it did. */
  failure: string | undefined = undefined
  #saving: Descriptor | undefined = undefined
  #owesDummy = false
  /** What came of a list that is not whole yet. */
  #held: Uint8Array = none

  constructor(number: number, socket: Descriptor, bench: LoadBench) {
    this.number = number
    this.socket = socket
    this.#bench = bench
  }

  get isIdle(): boolean {
    return this.phase === Phase.idle
  }

  get isOver(): boolean {
    return this.phase === Phase.over
  }

  /** Sends the request that `kind`, `endpoint`, `destination` and `binding` name. */
  start(nowMillis: number): void {
    const { bytes, model, pool, isChecked } = this.#bench
    this.startedMillis = nowMillis
    this.hasSucceeded = false
    if (this.kind === RequestKind.saveEndpoint) {
      this.connection = pool.take()
      // All are in the cache: one must come out before another can go in.
      if (this.connection < 0) this.kind = RequestKind.findEndpoint
    }
    switch (this.kind) {
      case RequestKind.saveEndpoint:
        this.generation = isChecked ? model.saveStarted(this.connection, this.endpoint, nowMillis) : 0
        bytes.name(this.endpoint, this.connection, this.generation)
        this.#saving = pool.near(this.connection)
        this.phase = Phase.saveDummy
        return this.#sendRequest(bytes.saveEndpoint[this.endpoint])
      case RequestKind.findEndpoint:
        if (isChecked) model.endpointFindStarted(this.endpoint)
        this.phase = Phase.reply
        return this.#sendRequest(bytes.findEndpoint[this.endpoint])
      case RequestKind.saveDestination:
        if (isChecked) model.bindingStarted(this.binding, nowMillis)
        this.phase = Phase.status
        return this.#sendRequest(bytes.saveDestination[this.binding])
      default:
        if (isChecked) model.destinationFindStarted(this.destination)
        this.phase = Phase.reply
        return this.#sendRequest(bytes.findDestination[this.destination])
    }
  }

  /** Nothing follows for now: the server must not wait for the dummy that ends the last find. */
  rest(): void {
    if (this.#owesDummy) this.#sendDummy()
  }

  /** Takes what a read has brought. Whether an operation, or the conversation, has ended shows in `phase`. */
  onRead(count: Outcome, buffer: ReceiveBuffer): void {
    if (count <= 0) return this.#onNothing(count)
    if (this.phase === Phase.descriptor) return this.#onDescriptor(count, buffer)
    let bytes: Uint8Array = buffer.bytes
    let end = count
    if (this.#held.length > 0) {
      bytes = Buffer.concat([this.#held, buffer.bytes.subarray(0, count)])
      end = bytes.length
    }
    const length = this.#read(bytes, end)
    if (length === incomplete) {
      if (end > replyBytesMax)
        return this.#end(`sent more than ${replyBytesMax} bytes where ${waitsFor[this.phase]} was due`)
      this.#held = Uint8Array.from(bytes.subarray(0, end))
      return
    }
    this.#held = none
    if (length === malformed) return this.#end(`answered ${quote(bytes, end)} where ${waitsFor[this.phase]} was due`)
    if (length !== end)
      return this.#end(`sent ${end - length} bytes behind ${waitsFor[this.phase]}: ${quote(bytes, end)}`)
    this.#use(bytes)
  }

  /** Takes what came of sending. */
  onSent(outcome: Outcome, expected: number): void {
    if (outcome === expected) return
    if (outcome >= 0) return this.#end("took only a part of a request")
    const failed =
      this.phase === Phase.saveStatus ? "took no descriptor: sendmsg failed" : "takes no request: send failed"
    const text = `${failed}, errno ${-outcome}`
    if (isGone(outcome)) this.#lose(text)
    else this.#end(text)
  }

  /** Waits no longer for an answer: the server is stuck, which is no wrong answer. */
  giveUp(nowMillis: number): void {
    const waitedSeconds = (nowMillis - this.startedMillis) / 1_000
    this.#leave(`has not answered for ${waitedSeconds.toFixed(1)} s`)
  }

  /** What it does, for messages. */
  describe(): string {
    return `client ${this.number}, ${this.phase === Phase.greeting ? "connecting" : this.#request()}`
  }

  #request(): string {
    const name = kindNames[this.kind] ?? ""
    const isEndpoint = this.kind === RequestKind.saveEndpoint || this.kind === RequestKind.findEndpoint
    return isEndpoint ? `${name} of mx${this.endpoint}` : `${name} of domain${this.destination}`
  }

  #read(bytes: Uint8Array, end: number): number {
    const { view } = this.#bench
    switch (this.phase) {
      case Phase.greeting:
        return readFixed(bytes, end, greeting)
      case Phase.saveDummy: {
        const length = readFixed(bytes, end, dummyReply)
        return length === malformed ? readStatus(bytes, end, view) : length
      }
      case Phase.saveStatus:
      case Phase.status:
        return readStatus(bytes, end, view)
      case Phase.reply:
        return readFound(bytes, end, this.kind === RequestKind.findDestination ? 2 : 1, view)
      default:
        return malformed
    }
  }

  #use(bytes: Uint8Array): void {
    const { log, view } = this.#bench
    if (this.phase === Phase.greeting) {
      this.phase = Phase.idle
      return
    }
    log.checkedReplies++
    if (this.phase === Phase.saveDummy)
      return bytes[0] === dummyReply[0] ? this.#sendDescriptor() : this.#onSaved(view.status)
    if (this.phase === Phase.saveStatus) return this.#onSaved(view.status)
    if (this.phase === Phase.status) return this.#onBound(view.status)
    this.#onReply(bytes)
  }

  #sendDescriptor(): void {
    this.phase = Phase.saveStatus
    if (this.#saving === undefined) return this.onSent(-Errno.EBADF, 1)
    this.#bench.out.sendDescriptor(this, this.#saving)
  }

  #onSaved(status: number): void {
    const { model, pool, log, calls, isChecked } = this.#bench
    const saved = this.#saving
    const hasSent = this.phase === Phase.saveStatus
    this.#saving = undefined
    this.phase = Phase.idle
    if (status !== 0 || !hasSent || saved === undefined) {
      log.add(
        `${this.describe()}: status ${status}${hasSent ? "" : " before the descriptor was sent"}, expected success`
      )
      if (isChecked) model.returned(this.connection)
      return pool.putBack(this.connection)
    }
    if (isChecked) model.saveAnswered(this.connection, this.generation, calls.monotonicMillis())
    this.#bench.out.close(pool.release(this.connection, saved))
    this.hasSucceeded = true
  }

  #onBound(status: number): void {
    const { model, log, calls, isChecked } = this.#bench
    this.phase = Phase.idle
    if (status !== 0) return log.add(`${this.describe()}: status ${status}, expected success`)
    if (isChecked) model.bindingAnswered(this.binding, this.startedMillis, calls.monotonicMillis())
    this.hasSucceeded = true
  }

  #onReply(bytes: Uint8Array): void {
    const { view, isChecked } = this.#bench
    if (view.status === 0) {
      if (isChecked) checkAnnounced(this.#bench, this, bytes)
      this.phase = Phase.descriptor
      return this.#send(dummyBytes)
    }
    this.phase = Phase.idle
    if (isChecked) checkMiss(this.#bench, this)
  }

  #onDescriptor(count: number, buffer: ReceiveBuffer): void {
    const { log, isChecked, pool } = this.#bench
    const descriptor = buffer.takeDescriptor()
    if (count !== 1 || descriptor === undefined) {
      if (descriptor !== undefined) this.#bench.calls.letGo(descriptor)
      if (isChecked) this.#bench.model.suspect(this.connection)
      const what = count === 1 ? "a byte without a descriptor" : `${count} bytes`
      return this.#end(
        `sent ${what} where a descriptor was due${buffer.truncated ? " (control data was cut off)" : ""}`
      )
    }
    log.checkedDescriptors++
    const connection = pool.recognize(descriptor)
    if (isChecked) checkArrived(this.#bench, this, connection)
    else if (connection >= 0) pool.takeIn(connection)
    else pool.drop()
    this.phase = Phase.idle
    this.hasSucceeded = true
    this.#owesDummy = true
    if (this.#bench.isDummyApart) this.#sendDummy()
  }

  #sendRequest(request: Prepared | undefined): void {
    if (request === undefined) return this.#end("is asked for a label that does not exist")
    const isGlued = this.#owesDummy
    this.#owesDummy = false
    this.#send(isGlued ? request.glued : request.plain)
  }

  #sendDummy(): void {
    this.#owesDummy = false
    this.#send(dummyBytes)
  }

  #send(bytes: Uint8Array): void {
    this.#bench.out.send(this, bytes)
  }

  #onNothing(count: number): void {
    if (count === -Errno.EAGAIN || count === -Errno.EINTR) return
    if (count === 0) return this.#lose("hung up")
    const text = `cannot be read from: recvmsg failed, errno ${-count}`
    if (isGone(count)) this.#lose(text)
    else this.#end(text)
  }

  /** Something is wrong with what the server sent. */
  #end(reason: string): void {
    this.#bench.log.add(this.#leave(reason))
  }

  /** The connection has ended: whether that is wrong depends on whether its server has ended too. */
  #lose(reason: string): void {
    this.#bench.log.hungUp(this.#leave(reason))
  }

  #leave(reason: string): string {
    const failure = `${this.describe()}: the server ${reason}`
    this.failure = failure
    this.phase = Phase.over
    this.#saving = undefined
    return failure
  }
}

const quote = (bytes: Uint8Array, end: number): string =>
  JSON.stringify(Buffer.from(bytes.subarray(0, Math.min(end, 80))).toString("latin1"))
