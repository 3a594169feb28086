import { type Descriptor, isRetryable, type ReceiveBuffer, type SystemCalls } from "@scached/fdpass"
import { Reply, ServerSession, type ServerStep } from "@scached/protocol"
import type { Direction, Readiness } from "../Readiness.ts"
import type { Shelf, Taken } from "./Shelf.ts"

/** What the visits of one cache have in common. */
export interface VisitSurroundings {
  readonly calls: SystemCalls["Service"]
  readonly readiness: Readiness["Service"]
  readonly shelf: Shelf
  readonly buffer: ReceiveBuffer
  readonly ttlSecondsMax: number
  /** Removes what has had its time, and says which time it is. */
  readonly expire: () => number
  readonly onLeave: (visit: Visit) => void
}

/** One connection of a client to a cache for tests. */
export class Visit {
  readonly #surroundings: VisitSurroundings
  readonly #socket: Descriptor
  readonly #session = new ServerSession<Descriptor>()
  #wait: Disposable | undefined
  #unsent: Uint8Array | undefined
  #taken: Taken | undefined
  #isSending = false
  #isFatal = false
  #isOver = false

  constructor(surroundings: VisitSurroundings, socket: Descriptor) {
    this.#surroundings = surroundings
    this.#socket = socket
  }

  /** Goes on as far as it can without waiting. */
  readonly go = (): void => {
    this.#wait = undefined
    for (;;) {
      const direction = this.#step()
      if (this.#isOver) return
      if (direction === undefined) continue
      this.#wait = this.#surroundings.readiness.until(this.#socket, direction, this.go)
      return
    }
  }

  leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#wait?.[Symbol.dispose]()
    this.#session.close().descriptor?.close()
    this.#putBack()
    this.#socket.close()
    this.#surroundings.onLeave(this)
  }

  /** What it waits for, if it has to. */
  #step(): Direction | undefined {
    this.#unsent ??= this.#session.output()
    if (this.#unsent !== undefined) return this.#send(this.#unsent)
    if (this.#isFatal) return void this.leave()
    return this.#isSending ? this.#sendDescriptor() : this.#receive()
  }

  #send(unsent: Uint8Array): Direction | undefined {
    const count = this.#surroundings.calls.send(this.#socket, unsent)
    if (isRetryable(count)) return "writable"
    if (count < 0) return void this.leave()
    this.#unsent = count === unsent.length ? undefined : unsent.subarray(count)
    return undefined
  }

  #sendDescriptor(): Direction | undefined {
    const taken = this.#taken
    if (taken === undefined) throw new Error("nothing was found that could be sent")
    const outcome = this.#surroundings.calls.sendDescriptor(this.#socket, taken.kept.descriptor)
    if (isRetryable(outcome)) return "writable"
    if (outcome < 0) return void this.leave()
    this.#isSending = false
    this.#session.descriptorSent()
    this.#takeSteps()
    return undefined
  }

  #receive(): Direction | undefined {
    const { buffer, calls } = this.#surroundings
    const count = calls.receive(this.#socket, buffer)
    if (isRetryable(count)) return "readable"
    if (count <= 0) return void this.leave()
    this.#session.push(buffer.bytes, buffer.takeDescriptor(), count)
    this.#takeSteps()
    return undefined
  }

  #takeSteps(): void {
    for (;;) {
      const step = this.#session.next()
      if (step._tag === "Idle") return
      this.#take(step)
      if (this.#isSending || this.#isFatal) return this.#session.retain()
    }
  }

  #take(step: Exclude<ServerStep<Descriptor>, { readonly _tag: "Idle" }>): void {
    const { expire, shelf, ttlSecondsMax } = this.#surroundings
    const deadlineOf = (ttlSeconds: number) => expire() + 1000 * Math.min(ttlSeconds, ttlSecondsMax)
    switch (step._tag) {
      case "SaveEndpoint": {
        const { descriptor, request } = step
        if (descriptor === undefined) return this.#session.replyStatus(Reply.Status.failed)
        const { label, properties, ttlSeconds } = request
        shelf.keep(label, { descriptor, properties, deadlineMillis: deadlineOf(ttlSeconds) })
        return this.#session.replyStatus(Reply.Status.ok)
      }
      case "SaveDestination": {
        const { endpointLabel, label, properties, ttlSeconds } = step.request
        shelf.bind(label, { endpointLabel, properties, deadlineMillis: deadlineOf(ttlSeconds) })
        return this.#session.replyStatus(Reply.Status.ok)
      }
      case "FindEndpoint":
        expire()
        return this.#offer(shelf.take(step.request.label))
      case "FindDestination":
        expire()
        return this.#offer(shelf.takeBound(step.request.label))
      case "Inspect":
        // As scache(8) does, which knows no such request.
        return this.#session.replyStatus(Reply.Status.malformed)
      case "SendDescriptor":
        this.#isSending = true
        return
      case "HandedOver":
        this.#taken?.kept.descriptor.close()
        this.#taken = undefined
        return
      case "Stray":
        return step.descriptor.close()
      case "HandOverRefused":
        this.#putBack()
        this.#isFatal ||= step.fatal
        return
      case "Malformed":
        this.#isFatal ||= step.fatal
        return
      case "Skipped":
        return
    }
  }

  #offer(taken: Taken | undefined): void {
    if (taken === undefined) return this.#session.replyStatus(Reply.Status.failed)
    this.#taken = taken
    this.#session.replyFound(taken.kept.properties, taken.destinationProperties)
  }

  #putBack(): void {
    const taken = this.#taken
    this.#taken = undefined
    if (taken !== undefined) this.#surroundings.shelf.putBack(taken)
  }
}
