import { type Descriptor, Errno, type ReceiveBuffer, type SystemCalls, systemCallError } from "@scached/fdpass"
import {
  type AnsweredStep,
  ClientSession,
  type ReceivedStep,
  type Request,
  type RequestTooLarge
} from "@scached/protocol"
import { Effect, Result } from "effect"
import { type AttemptFailure, CacheDisconnected } from "../ClientError.ts"
import type { Direction, ReadinessShape } from "../Readiness.ts"

/** What an exchange ends with. */
export type Ending = AnsweredStep | ReceivedStep<Descriptor>

/** Done with the exchange, failed in it, or stuck until the socket is ready. */
type Progress = "done" | Direction | AttemptFailure

/** Room for one read: answers are short, and longer ones take more reads. */
const bufferBytes = 16_384

/** After so many reads whoever waits beside this exchange has a turn; a reply takes one or two, unless it comes in crumbs. */
const readsMax = 8

/** An interrupted call is left to the next turn as well: a socket that was ready still is, and `until` comes back at once. */
const isRetryable = (outcome: number): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/**
 * One connection to a cache, and one exchange at a time on it.
 *
 * It owns the socket, and what a find has brought until that is taken: `close` closes both. What is to be saved stays its owner's.
 * After a failure or an interruption in an exchange nobody knows what comes next on it, and it is to be closed.
 */
export class CacheConnection {
  readonly #calls: SystemCalls["Service"]
  readonly #readiness: ReadinessShape
  readonly #socket: Descriptor
  readonly #buffer: ReceiveBuffer
  readonly #session = new ClientSession<Descriptor>()
  /** What the kernel has not taken yet. */
  #unsent: Uint8Array | undefined
  #ending: Ending | undefined
  #isBroken = false
  #hasSentCargo = false

  constructor(calls: SystemCalls["Service"], readiness: ReadinessShape, socket: Descriptor) {
    this.#calls = calls
    this.#readiness = readiness
    this.#socket = socket
    // Of its own: what is left of a read while the descriptor cannot be sent yet stays where it is.
    this.#buffer = calls.makeReceiveBuffer(bufferBytes)
  }

  /** Whether the descriptor of the exchange under way, or of the last one, has left: from then on the cache may have it. */
  get hasSentCargo(): boolean {
    return this.#hasSentCargo
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

  /** Carries out one exchange; what it ends with is to be fetched with `takeEnding`. */
  readonly exchange = Effect.fnUntraced(
    { self: this },
    function* (
      request: Request.Request,
      cargo: Descriptor | undefined
    ): Effect.fn.Return<void, AttemptFailure | RequestTooLarge> {
      this.#hasSentCargo = false
      const started = this.#session.start(request)
      if (Result.isFailure(started)) return yield* Effect.fail(started.failure)
      for (;;) {
        const progress = this.#advance(cargo)
        if (progress === "done") return
        if (typeof progress !== "string") return yield* Effect.fail(progress)
        yield* this.#readiness.until(this.#socket, progress)
      }
    }
  )

  /** The end of the exchange that went well, once; a descriptor in it is the caller's from then on. */
  takeEnding(): Ending {
    const ending = this.#ending
    if (ending === undefined) throw new Error("takeEnding without an exchange that went well")
    this.#ending = undefined
    return ending
  }

  /** Closes the socket, and what was found and not taken. */
  close(): void {
    this.#session.close()?.close()
    if (this.#ending?._tag === "Received") this.#ending.descriptor.close()
    this.#ending = undefined
    this.#socket.close()
  }

  /** Goes on as far as it can without waiting, and without reading too often. */
  #advance(cargo: Descriptor | undefined): Progress {
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
          step.descriptor.close()
          break
        case "Failed":
          this.#isBroken = true
          // Whatever a cache adds to its answer, it has answered.
          if (this.#ending === undefined) return step.error
          break
        case "Answered":
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
