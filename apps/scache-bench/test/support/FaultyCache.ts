import { type Descriptor, SystemCalls, UnixSocket } from "@scached/fdpass"
import { OctetString, ServerSession } from "@scached/protocol"
import { type Connection, Listener } from "@scached/reactor/effect"
import { Effect, Result } from "effect"

/** What the cache does wrong, once or always; `none` is a correct one. */
export const faults = [
  "none",
  /** Exchanges the descriptors of two cached connections. */
  "swap",
  /** Says that it saved a connection, and closes it. */
  "lose",
  /** Keeps a copy of what it handed out. */
  "leak",
  /** Finds a connection with other properties than were saved. */
  "properties",
  /** The same with those of a binding. */
  "binding",
  /** Hands a connection out, and again to the next who asks. */
  "twice",
  /** Finds nothing although there is something. */
  "miss",
  /** Hands out a socket that nobody saved. */
  "stranger",
  /** Hands out the youngest connection of a label first. */
  "youngest",
  /** Hands out connections of another label. */
  "label",
  /** Refuses to save a binding. */
  "refuse",
  /** Hangs up in the middle of an exchange. */
  "hang up",
  /** Never ends a reply. */
  "endless",
  /** Closes what is cached when nobody looks. */
  "close",
  /** Ends in the middle of the second round. */
  "die",
  /** Is killed in the middle of the first round, of the second, or after the only one, before it is told to end. */
  "killed at once",
  "killed",
  "killed late",
  /** Answers one find only when the others have waited for long, and one never. */
  "stall",
  "silence",
  /** Closes what is still cached after the only round, before it is told to end. */
  "close early",
  /** Leaves a copy of what is cached to another process when it ends. */
  "leave an heir",
  /** Ends with an error status. */
  "end badly"
] as const

/** One of them. */
export type Fault = (typeof faults)[number]

interface Cached {
  readonly properties: OctetString.OctetString
  descriptor: Descriptor
  /** Whether it is this one that goes wrong on its way out. */
  isFaulty: boolean
}

/** The fault comes with this save, or this find, so that there is something to be done wrong. */
const faultyTurn = 20

/** What one round of the tests saves. */
const savesOfRound = 120

/** Longer than the patience of the tests. */
const stallMillis = 700

const endlessPart = Buffer.alloc(16_384, "p")

const deadlySave = 1.5 * savesOfRound

/** With which save a cache is killed. */
const killingSaves: Readonly<Partial<Record<Fault, number>>> = {
  "killed at once": faultyTurn,
  killed: deadlySave,
  "killed late": savesOfRound + 5
}

const changed = (octets: OctetString.OctetString): OctetString.OctetString =>
  Result.getOrThrow(OctetString.make(`${octets.slice(0, -1)}!`))

/** A cache as simple as can be, with one fault. It expires nothing: tests are shorter than their ttl. */
export class FaultyCache {
  readonly #fault: Fault
  readonly #stranger: Descriptor
  readonly #endpoints = new Map<string, Array<Cached>>()
  readonly #bindings = new Map<string, Map<string, OctetString.OctetString>>()
  #saves = 0
  #finds = 0

  constructor(fault: Fault, stranger: Descriptor) {
    this.#fault = fault
    this.#stranger = stranger
  }

  /** Serves one client until it leaves. */
  readonly serve = Effect.fnUntraced({ self: this }, function* (this: FaultyCache, connection: Connection.Connection) {
    const session = new ServerSession<Descriptor>()
    let leaving: Cached | undefined
    for (;;) {
      const output = session.output()
      if (output !== undefined) yield* connection.send(output)
      const { bytes, descriptor } = yield* connection.receive
      session.push(bytes, descriptor)
      for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
        const early = session.output()
        if (early !== undefined) yield* connection.send(early)
        if (step._tag === "SaveEndpoint") {
          session.replyStatus(this.#save(step.request.label, step.request.properties, step.descriptor))
        } else if (step._tag === "SaveDestination") {
          session.replyStatus(this.#bind(step.request.label, step.request.properties, step.request.endpointLabel))
        } else if (step._tag === "FindEndpoint") {
          if (this.#fault === "endless") yield* connection.send(Buffer.from("status\x000\0property\0"))
          while (this.#fault === "endless") yield* connection.send(endlessPart)
          leaving = this.#take(step.request.label)
          yield* this.#hesitate()
          if (leaving === undefined) session.replyStatus(2)
          else session.replyFound(this.#shown(leaving.properties, "properties"))
        } else if (step._tag === "FindDestination") {
          const [binding, endpoint] = this.#boundEndpoint(step.request.label)
          leaving = endpoint === undefined ? undefined : this.#take(endpoint)
          yield* this.#hesitate()
          if (leaving === undefined || binding === undefined) session.replyStatus(2)
          else session.replyFound(this.#shown(leaving.properties, "properties"), this.#shown(binding, "binding"))
        } else if (step._tag === "SendDescriptor" && leaving !== undefined) {
          if (leaving.isFaulty && this.#fault === "hang up") return
          const isStranger = leaving.isFaulty && this.#fault === "stranger"
          yield* connection.sendDescriptor(isStranger ? this.#stranger : leaving.descriptor)
          session.descriptorSent()
        } else if (step._tag === "HandedOver") {
          const isKept = leaving?.isFaulty === true && (this.#fault === "leak" || this.#fault === "twice")
          if (!isKept && leaving?.descriptor.isOwned === true) leaving.descriptor.close()
          leaving = undefined
        }
      }
    }
  })

  /** What is done wrong on the way out, when the end of the process is about to close all that is cached. */
  leave(): void {
    if (this.#fault !== "leave an heir") return
    const [cached] = [...this.#endpoints.values()].flat()
    if (cached === undefined) throw new Error("nothing is cached that could be left to anybody")
    // It ends with the connection: once the other end is closed there is nothing more to read.
    Bun.spawn(["cat"], { stdio: [cached.descriptor.surrender(), "ignore", "ignore"] }).unref()
  }

  /** A process that stands still answers no client; one that forgets a client answers all others. */
  #hesitate(): Effect.Effect<void> {
    if (this.#is("stall")) return Effect.sync(() => Bun.sleepSync(stallMillis))
    return this.#is("silence") ? Effect.never : Effect.void
  }

  #is(fault: Fault): boolean {
    return this.#fault === fault && this.#finds === faultyTurn
  }

  #shown(octets: OctetString.OctetString, fault: Fault): OctetString.OctetString {
    return this.#is(fault) ? changed(octets) : octets
  }

  #save(label: string, properties: OctetString.OctetString, descriptor: Descriptor | undefined): 0 | 2 {
    if (descriptor === undefined) return 2
    this.#saves++
    if (this.#fault === "die" && this.#saves === deadlySave) process.exit(7)
    if (this.#saves === killingSaves[this.#fault]) process.kill(process.pid, "SIGKILL")
    const isEarly = this.#fault === "close early" && this.#saves > savesOfRound
    if (isEarly || (this.#fault === "lose" && this.#saves === faultyTurn)) {
      descriptor.close()
      return 0
    }
    const list = this.#endpoints.get(label) ?? []
    this.#endpoints.set(label, list)
    list.push({ properties, descriptor, isFaulty: false })
    return 0
  }

  #bind(label: string, properties: OctetString.OctetString, endpoint: string): 0 | 2 {
    if (this.#fault === "refuse") return 2
    const bindings = this.#bindings.get(label) ?? new Map<string, OctetString.OctetString>()
    this.#bindings.set(label, bindings)
    bindings.set(endpoint, properties)
    return 0
  }

  #boundEndpoint(label: string): readonly [OctetString.OctetString | undefined, string | undefined] {
    for (const [endpoint, properties] of this.#bindings.get(label) ?? []) {
      if ((this.#endpoints.get(endpoint)?.length ?? 0) > 0) return [properties, endpoint]
    }
    return [undefined, undefined]
  }

  #take(label: string): Cached | undefined {
    this.#finds++
    const list = this.#endpoints.get(label) ?? []
    const others = [...this.#endpoints].filter(([each, cached]) => each !== label && cached.length > 0)
    const other = others[0]?.[1]
    const [oldest] = list
    const youngest = list.at(-1)
    if (this.#is("miss")) return undefined
    if (oldest !== undefined) oldest.isFaulty = this.#finds === faultyTurn
    if (this.#fault === "label" && this.#finds >= faultyTurn && other !== undefined) return other.shift()
    if (oldest === undefined || youngest === undefined) return undefined
    const neighbour = other?.[0]
    if (this.#is("swap") && neighbour !== undefined) {
      const { descriptor } = oldest
      oldest.descriptor = neighbour.descriptor
      neighbour.descriptor = descriptor
    }
    if (this.#is("close")) youngest.descriptor.close()
    if (this.#is("twice")) return oldest
    return this.#fault === "youngest" ? list.pop() : list.shift()
  }
}

/** Serves a cache with a fault at a path until it is interrupted. */
export const serveFaulty = Effect.fnUntraced(function* (fault: Fault, path: string) {
  yield* SystemCalls
  const [stranger] = yield* UnixSocket.pair
  const cache = new FaultyCache(fault, stranger)
  yield* Listener.serve({ path, mode: 0o600, backlog: 64, clientsMax: 100 }, (connection) => cache.serve(connection))
  return yield* Effect.onInterrupt(Effect.never, () => Effect.sync(() => cache.leave()))
}, Effect.scoped)
