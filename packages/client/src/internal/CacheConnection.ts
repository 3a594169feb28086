import {
  type Descriptor,
  isRetryable,
  type ReceiveBuffer,
  type SystemCallError,
  type SystemCalls,
  systemCallError
} from "@scached/fdpass"
import {
  type AnsweredStep,
  type CacheEntry,
  ClientSession,
  type ReceivedStep,
  type ReportedStep,
  type Request,
  type RequestTooLarge
} from "@scached/protocol"
import { Result } from "effect"
import { type AttemptFailure, CacheDisconnected } from "../ClientError.ts"
import type { Direction, ReadinessShape } from "../Readiness.ts"

/** All entries that a cache has listed. */
export interface ListEnding {
  readonly _tag: "Listed"
  readonly entries: ReadonlyArray<CacheEntry.CacheEntry>
}

/** What an exchange ends with. */
export type Ending = AnsweredStep | ReceivedStep<Descriptor> | ReportedStep | ListEnding

/** How far an exchange has come: done, failed, or stuck until the socket is ready. */
export type Progress = "done" | Direction | AttemptFailure

/** After this many reads other exchanges have a turn; a reply takes one or two reads, unless it arrives in small pieces. */
const readsMax = 8

/** What a connection needs of the client it belongs to. */
export interface ConnectionSurroundings {
  readonly calls: SystemCalls["Service"]
  readonly readiness: ReadinessShape
  /** For one read at a time: code that needs the bytes longer makes a copy. */
  readonly buffer: ReceiveBuffer
  /** Closes a descriptor that another process may have made, without blocking. */
  readonly letGo: (descriptor: Descriptor) => void
  /** Called when a wait that was begun with `wait` is over. */
  readonly onReady: () => void
}

/**
 * One connection to a cache, and one exchange at a time on it.
 *
 * It owns the socket, and the descriptor of a find until that is taken: `close` closes both. A descriptor that is being saved stays its
 * owner's. After a failure or an interruption in an exchange the next bytes are unknown, and the connection must be closed.
 */
export class CacheConnection {
  readonly #calls: SystemCalls["Service"]
  readonly #readiness: ReadinessShape
  readonly #socket: Descriptor
  readonly #buffer: ReceiveBuffer
  readonly #letGo: (descriptor: Descriptor) => void
  readonly #onReady: () => void
  readonly #session = new ClientSession<Descriptor>()
  /** What the kernel has not taken yet. */
  #unsent: Uint8Array | undefined
  #ending: Ending | undefined
  /** Those that have been listed so far, in an exchange that lists. */
  #entries: Array<CacheEntry.CacheEntry> = []
  #isListing = false
  #isBroken = false
  #hasSentCargo = false
  #reads = 0
  #wait: Disposable | undefined

  private constructor(socket: Descriptor, { calls, readiness, buffer, letGo, onReady }: ConnectionSurroundings) {
    this.#calls = calls
    this.#readiness = readiness
    this.#socket = socket
    this.#buffer = buffer
    this.#letGo = letGo
    this.#onReady = onReady
  }

  /** Connects, which a UNIX socket does at once or not at all. */
  static open(path: string, surroundings: ConnectionSurroundings): CacheConnection | SystemCallError {
    const { calls } = surroundings
    const socket = calls.socket()
    if (typeof socket === "number") return systemCallError("socket", socket)
    const outcome = calls.connect(socket, path)
    if (outcome >= 0) return new CacheConnection(socket, surroundings)
    socket.close()
    return systemCallError("connect", outcome, path)
  }

  /** Whether the descriptor of the exchange under way, or of the last one, has left: from then on the cache may have it. */
  get hasSentCargo(): boolean {
    return this.#hasSentCargo
  }

  /** How many reads have brought something. */
  get reads(): number {
    return this.#reads
  }

  /** Whether another exchange may begin; to be asked just before, since it looks whether the cache has closed its end. */
  isUsable(): boolean {
    if (this.#isBroken || this.#session.state !== "ready") return false
    const count = this.#calls.receive(this.#socket, this.#buffer)
    // A greeting may wait there, or the notice that the cache leaves. Nothing else belongs here.
    if (count <= 0) return isRetryable(count)
    this.#session.push(this.#buffer.bytes, this.#buffer.takeDescriptor(), count)
    return this.#takeSteps() === "readable"
  }

  /** Begins an exchange, to be carried on with `advance`; one that cannot be sent changes nothing. */
  begin(request: Request.Request | Request.Inspection): RequestTooLarge | undefined {
    this.#hasSentCargo = false
    this.#isListing = request._tag === "List"
    const started = this.#session.start(request)
    return Result.isFailure(started) ? started.failure : undefined
  }

  /** Waits until the socket is ready, once; closing the connection calls the wait off. */
  wait(direction: Direction): void {
    // What is left of the last read while the descriptor cannot be sent yet: others read into the same buffer meanwhile.
    this.#session.retain()
    this.#wait = this.#readiness.until(this.#socket, direction, this.#ready)
  }

  /** Ends the wait, if there is one. */
  callOffWait(): void {
    const wait = this.#wait
    this.#wait = undefined
    wait?.[Symbol.dispose]()
  }

  readonly #ready = (): void => {
    this.#wait = undefined
    this.#onReady()
  }

  /** The end of the exchange that went well, once; a descriptor in it is the caller's from then on. */
  takeEnding(): Ending {
    const ending = this.#ending
    if (ending === undefined) throw new Error("takeEnding without an exchange that went well")
    this.#ending = undefined
    return ending
  }

  /** Closes the socket, and what was found and not taken. */
  close(): void {
    this.callOffWait()
    const untaken = this.#session.close()
    if (untaken !== undefined) this.#letGo(untaken)
    if (this.#ending?._tag === "Received") this.#letGo(this.#ending.descriptor)
    this.#ending = undefined
    // What is unread in it may carry descriptors, which are closed along with it.
    this.#letGo(this.#socket)
  }

  /** Goes on as far as it can without waiting, and without reading too often. What it ends with is to be fetched with `takeEnding`. */
  advance(cargo: Descriptor | undefined): Progress {
    for (let reads = 0; ; reads++) {
      const progress = this.#takeSteps()
      if (progress !== "readable") return progress
      const stuck = this.#flush()
      if (stuck !== undefined) return stuck
      if (this.#session.state === "sending the descriptor") {
        const problem = this.#sendCargo(cargo)
        if (problem !== undefined) return problem
        continue
      }
      if (reads === readsMax) return "readable"
      const count = this.#calls.receive(this.#socket, this.#buffer)
      if (isRetryable(count)) return "readable"
      if (count === 0) return new CacheDisconnected()
      if (count < 0) return systemCallError("recvmsg", count)
      this.#reads++
      this.#session.push(this.#buffer.bytes, this.#buffer.takeDescriptor(), count)
    }
  }

  /** Takes the session's steps until it wants more bytes, or the descriptor that is to be saved. */
  #takeSteps(): Progress {
    while (this.#session.state !== "sending the descriptor") {
      const step = this.#session.next()
      switch (step._tag) {
        case "Idle":
          return this.#ending === undefined ? "readable" : "done"
        case "SendDescriptor":
          break
        case "Stray":
          this.#letGo(step.descriptor)
          break
        case "Failed":
          this.#isBroken = true
          // Whatever a cache adds to its answer, it has answered.
          if (this.#ending === undefined) return step.error
          break
        case "Listed":
          this.#entries.push(step.entry)
          break
        case "Answered":
          this.#ending = this.#isListing && step.reply.status === 0 ? this.#takeEntries() : step
          break
        case "Reported":
          this.#ending = step
          break
        case "Received":
          this.#ending = step
          // The receipt. A cache that does not get it lets go of its copy all the same, since this one has been read.
          if (this.#flush() !== undefined) this.#isBroken = true
          break
      }
    }
    return "readable"
  }

  #takeEntries(): ListEnding {
    const entries = this.#entries
    this.#entries = []
    return { _tag: "Listed", entries }
  }

  /** Sends what is to be sent; undefined when all of it is. */
  #flush(): Progress | undefined {
    const bytes = this.#unsent ?? this.#session.output()
    if (bytes === undefined) return undefined
    const count = this.#calls.send(this.#socket, bytes)
    if (count < 0 && !isRetryable(count)) return systemCallError("send", count)
    this.#unsent = count === bytes.length ? undefined : bytes.subarray(Math.max(0, count))
    return this.#unsent === undefined ? undefined : "writable"
  }

  #sendCargo(cargo: Descriptor | undefined): Progress | undefined {
    if (cargo === undefined) throw new Error("a descriptor is due, but there is none to save")
    const outcome = this.#calls.sendDescriptor(this.#socket, cargo)
    if (isRetryable(outcome)) return "writable"
    if (outcome < 0) return systemCallError("sendmsg", outcome)
    this.#hasSentCargo = true
    this.#session.descriptorSent()
    return undefined
  }
}
