import { type Descriptor, Errno, type ReceiveBuffer, type SystemCalls } from "@scached/fdpass"
import { CacheEntry, CacheStatus, OctetString, Reply, ServerSession, type ServerStep } from "@scached/protocol"
import { Result } from "effect"

/** How a cache misbehaves; each is asked at every turn. */
export interface Conduct {
  /** Says nothing, and reads nothing, as long as this is true. */
  readonly isStalled?: () => boolean
  /** Ends the connection at this moment: asked before each thing that it would send. */
  readonly hangsUp?: () => boolean
  /** Answers every request with this status, whatever it is. */
  readonly status?: Reply.Status
}

interface Kept {
  readonly properties: OctetString.OctetString
  readonly descriptor: Descriptor
}

interface Bound {
  readonly properties: OctetString.OctetString
  readonly endpointLabel: OctetString.OctetString
}

interface Visitor {
  readonly socket: Descriptor
  readonly session: ServerSession<Descriptor>
  unsent: Uint8Array | undefined
  found: Kept | undefined
  /** Whether a step that sends the descriptor waits for room. */
  isSending: boolean
}

const isRetryable = (outcome: number): boolean => outcome === -Errno.EAGAIN || outcome === -Errno.EINTR

/**
 * A cache as simple as can be, on whatever system calls there are: without ttl, without mercy for slow clients, and moved from outside, one
 * step at a time.
 */
export class TestCache {
  readonly name = "cache"
  readonly endpoints = new Map<string, Array<Kept>>()
  readonly #calls: SystemCalls["Service"]
  readonly #destinations = new Map<string, Array<Bound>>()
  readonly #visitors = new Set<Visitor>()
  readonly #conduct: Conduct
  readonly #onSocket: (socket: Descriptor) => void
  readonly #buffer: ReceiveBuffer
  #listener: Descriptor | undefined
  accepted = 0

  /** `onSocket` is told of each socket that it waits for, listener included. */
  constructor(calls: SystemCalls["Service"], conduct: Conduct = {}, onSocket: (socket: Descriptor) => void = () => {}) {
    this.#calls = calls
    this.#conduct = conduct
    this.#onSocket = onSocket
    this.#buffer = calls.makeReceiveBuffer(4096)
  }

  listen(path: string): void {
    const listener = this.#calls.socket()
    if (typeof listener === "number") throw new Error("no socket")
    if (this.#calls.bind(listener, path) < 0 || this.#calls.listen(listener, 100) < 0) throw new Error("no listener")
    this.#onSocket(listener)
    this.#listener = listener
  }

  /** Ends all connections, as a restart does, and keeps what is cached. */
  hangUp(): void {
    for (const visitor of this.#visitors) this.#leave(visitor)
  }

  /** Ends for good, and closes everything. */
  stop(): void {
    this.hangUp()
    for (const kept of this.endpoints.values()) for (const { descriptor } of kept) descriptor.close()
    this.endpoints.clear()
    this.#listener?.close()
    this.#listener = undefined
  }

  step(): "moved" | "idle" {
    if (this.#conduct.isStalled?.() === true) return "idle"
    const accepted = this.#listener === undefined ? -Errno.EAGAIN : this.#calls.accept(this.#listener)
    if (typeof accepted !== "number") {
      this.accepted++
      this.#onSocket(accepted)
      const session = new ServerSession<Descriptor>()
      this.#visitors.add({ socket: accepted, session, unsent: undefined, found: undefined, isSending: false })
      return "moved"
    }
    for (const visitor of this.#visitors) if (this.#serve(visitor)) return "moved"
    return "idle"
  }

  /** Whether anything came of it. */
  #serve(visitor: Visitor): boolean {
    if (this.#hasOutput(visitor)) return this.#flush(visitor)
    if (visitor.isSending) return this.#sendDescriptor(visitor)
    const count = this.#calls.receive(visitor.socket, this.#buffer, 1 + (this.accepted % 7))
    if (isRetryable(count)) return false
    if (count <= 0) {
      this.#leave(visitor)
      return true
    }
    visitor.session.push(this.#buffer.bytes, this.#buffer.takeDescriptor(), count)
    this.#takeSteps(visitor)
    return true
  }

  #hasOutput(visitor: Visitor): boolean {
    visitor.unsent ??= visitor.session.output()
    return visitor.unsent !== undefined
  }

  #flush(visitor: Visitor): boolean {
    if (visitor.unsent === undefined) return false
    if (this.#conduct.hangsUp?.() === true) {
      this.#leave(visitor)
      return true
    }
    const count = this.#calls.send(visitor.socket, visitor.unsent)
    if (isRetryable(count)) return false
    if (count < 0) this.#leave(visitor)
    else visitor.unsent = count === visitor.unsent.length ? undefined : visitor.unsent.subarray(count)
    return true
  }

  #sendDescriptor(visitor: Visitor): boolean {
    const { found } = visitor
    if (found === undefined) throw new Error("nothing was found that could be sent")
    if (this.#conduct.hangsUp?.() === true) {
      this.#leave(visitor)
      return true
    }
    const outcome = this.#calls.sendDescriptor(visitor.socket, found.descriptor)
    if (isRetryable(outcome)) return false
    visitor.isSending = false
    if (outcome < 0) this.#leave(visitor)
    else {
      visitor.session.descriptorSent()
      this.#takeSteps(visitor)
    }
    return true
  }

  #takeSteps(visitor: Visitor): void {
    for (;;) {
      const step = visitor.session.next()
      if (step._tag === "Idle") return
      this.#take(visitor, step)
      if (visitor.isSending) return visitor.session.retain()
    }
  }

  #take(visitor: Visitor, step: Exclude<ServerStep<Descriptor>, { readonly _tag: "Idle" }>): void {
    const { session } = visitor
    const { status } = this.#conduct
    switch (step._tag) {
      case "SaveEndpoint": {
        const { descriptor, request } = step
        if (descriptor === undefined || status !== undefined) {
          descriptor?.close()
          return session.replyStatus(status ?? Reply.Status.failed)
        }
        const kept = this.endpoints.get(request.label) ?? []
        kept.push({ properties: request.properties, descriptor })
        this.endpoints.set(request.label, kept)
        return session.replyStatus(Reply.Status.ok)
      }
      case "SaveDestination": {
        const { label, properties, endpointLabel } = step.request
        this.#destinations.set(label, [...(this.#destinations.get(label) ?? []), { properties, endpointLabel }])
        return session.replyStatus(status ?? Reply.Status.ok)
      }
      case "FindEndpoint":
        return this.#offer(visitor, this.endpoints.get(step.request.label)?.shift(), undefined)
      case "FindDestination": {
        const bound = this.#destinations
          .get(step.request.label)
          ?.find(({ endpointLabel }) => (this.endpoints.get(endpointLabel)?.length ?? 0) > 0)
        const kept = bound === undefined ? undefined : this.endpoints.get(bound.endpointLabel)?.shift()
        return this.#offer(visitor, kept, bound)
      }
      case "Inspect":
        if (status !== undefined) return session.replyStatus(status)
        if (step.inspection._tag === "Status") return session.report(CacheStatus.encode(this.#status), true)
        return session.report(Buffer.from(this.#list(), "latin1"), true)
      case "SendDescriptor":
        visitor.isSending = true
        return
      case "HandedOver":
        visitor.found?.descriptor.close()
        visitor.found = undefined
        return
      case "Stray":
        return step.descriptor.close()
      case "HandOverRefused":
      case "Malformed":
        throw new Error(`the client broke the protocol: ${step.error.message}`)
      case "Skipped":
        return
    }
  }

  get #status(): CacheStatus.CacheStatus {
    const none = { counters: {}, limits: {}, limitsReached: {}, settings: {} }
    const program = { version: "0", mode: "test", processId: 1, isBatching: false, startedSeconds: 0, uptimeSeconds: 0 }
    return { ...program, ...none, gauges: { endpoints: this.endpoints.size } }
  }

  #list(): string {
    const entries = [...this.endpoints].flatMap(([label, kept]) =>
      kept.map(({ properties }) =>
        CacheEntry.encode({
          _tag: "ConnectionEntry",
          label: CacheEntry.listedLabel(Result.getOrThrow(OctetString.make(label))),
          propertiesBytes: properties.length,
          ageMillis: 1,
          remainingMillis: 2,
          uses: undefined,
          savedBy: undefined
        })
      )
    )
    return `status\x000\0\0${entries.join("")}${CacheEntry.encodeEnd(entries.length)}`
  }

  #offer(visitor: Visitor, kept: Kept | undefined, bound: Bound | undefined): void {
    if (kept === undefined) return visitor.session.replyStatus(this.#conduct.status ?? Reply.Status.failed)
    visitor.found = kept
    visitor.session.replyFound(kept.properties, bound?.properties)
  }

  #leave(visitor: Visitor): void {
    this.#visitors.delete(visitor)
    visitor.session.close().descriptor?.close()
    // As scache(8) does: what was being handed over is gone.
    visitor.found?.descriptor.close()
    visitor.socket.close()
  }
}
