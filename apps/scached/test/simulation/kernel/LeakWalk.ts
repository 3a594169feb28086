import { type Descriptor, Errno } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { CacheTotals } from "../../../src/cache/CacheStatistics.ts"
import { defaultCacheSettings } from "../../support/defaultCacheSettings.ts"
import * as Message from "../client/Message.ts"
import { KernelMachine, type Opened } from "./KernelMachine.ts"
import { difference, openFiles } from "./OpenFiles.ts"

type Random = SimulatedSystemCalls.SeededRandom

/** How far a client can be in an exchange. */
export const stages = ["idle", "inside a request", "saving", "found", "descriptor due", "descriptor taken"] as const

/** A client. */
interface Guest {
  readonly socket: Opened
  stage: (typeof stages)[number]
}

/** Something that was given to the daemon. */
interface Gift {
  readonly file: string
  /** Its other end, while that is open. */
  far: Descriptor | undefined
  /** It has left, or said something. */
  isOver: boolean
}

const labels = ["one", "two"]
const ttlSecondsMax = 4
const guestsMax = 8

const settings = {
  ...defaultCacheSettings,
  ttlSecondsMax,
  exchangeSecondsMax: 5,
  connectionsMax: 4,
  connectionsPerEndpointMax: 2,
  bindingsMax: 3,
  textBytesMax: 60
}

/** How many connections have left the cache by the daemon's own figures; those that come back too late are in none. */
const leftOf = ({ evictedConnections, expired, failed, handedOver, hungUp, spoke }: CacheTotals): number =>
  evictedConnections + expired + failed + handedOver + hungUp + spoke

/**
 * A walk through all that clients can do to the daemon, a random step at a time. After each of them every descriptor of this process
 * must be accounted for, by its number and by the file that is behind it.
 */
export class LeakWalk {
  /** How often each step was taken. */
  readonly steps = new Map<string, number>()
  readonly #random: Random
  readonly #machine: KernelMachine
  readonly #guests: Array<Guest> = []
  readonly #gifts = new Map<string, Gift>()
  /** What clients have: sockets, far ends, and copies on their way in or out. */
  readonly #ours = new Map<Descriptor, string>()
  /** What of the daemon's is cached, and what is the other end of a client's socket. */
  #cached: ReadonlySet<string> = new Set()
  #ends: ReadonlySet<string> = new Set()
  #late = 0

  constructor(random: Random, faultRate: number) {
    this.#random = random
    this.#machine = new KernelMachine(settings, random.fork(), faultRate)
  }

  /** One step; throws when a descriptor is lost or left over then. */
  async step(): Promise<void> {
    const name = this.#move()
    this.steps.set(name, (this.steps.get(name) ?? 0) + 1)
    await this.#machine.settle()
    this.#check(name)
  }

  /** Lets everybody go, and ends the daemon. */
  async end(): Promise<void> {
    for (const descriptor of [...this.#ours.keys()]) this.#close(descriptor)
    const left = await this.#machine.close()
    if (left.size > 0) throw new Error(`at the end: ${show(left)}`)
  }

  /** After a failure. */
  abandon(): void {
    this.#machine.abandon()
  }

  get totals(): CacheTotals {
    return this.#machine.server.statistics.totals
  }

  #move(): string {
    const random = this.#random
    const guest = this.#guests.length === 0 ? undefined : random.pick(this.#guests)
    const kind = random.below(100)
    if (guest === undefined || (kind < 12 && this.#guests.length < guestsMax)) return this.#come()
    if (kind < 20) return this.#pass()
    if (kind < 25) return this.#endPeer()
    if (kind < 31) return this.#leave(guest)
    return this.#goOn(guest)
  }

  #come(): string {
    const socket = this.#machine.client()
    this.#ours.set(socket.descriptor, socket.file)
    this.#guests.push({ socket, stage: "idle" })
    return "come"
  }

  #pass(): string {
    this.#machine.pass(this.#random.pick([1, 60, 300, 1_100, 3_000]))
    return "time passes"
  }

  /** A cached connection's peer leaves, or says something unasked. */
  #endPeer(): string {
    const gifts = [...this.#gifts.values()].filter(({ far, isOver }) => far !== undefined && !isOver)
    const gift = gifts.length === 0 ? undefined : this.#random.pick(gifts)
    if (gift?.far === undefined) return "no peer to leave"
    gift.isOver = true
    if (this.#random.chance(0.5)) {
      this.#machine.calls.send(gift.far, Buffer.from("421 closing"))
      return "a peer speaks"
    }
    this.#close(gift.far)
    gift.far = undefined
    return "a peer leaves"
  }

  #leave(guest: Guest): string {
    this.#guests.splice(this.#guests.indexOf(guest), 1)
    this.#close(guest.socket.descriptor)
    return `leave while ${guest.stage}`
  }

  /** The next thing of an exchange, or something else in its place. */
  #goOn(guest: Guest): string {
    const random = this.#random
    const { stage } = guest
    if (!this.#listen(guest)) return this.#leave(guest)
    if (random.chance(0.08)) return this.#sayNonsense(guest)
    switch (stage) {
      case "idle":
        return this.#ask(guest)
      case "inside a request":
        this.#say(guest, Message.request(Message.findEndpoint("nowhere")).bytes.subarray(10))
        guest.stage = "idle"
        return "end a request"
      case "saving":
        return this.#give(guest)
      case "found":
      case "descriptor taken":
        this.#say(guest, Message.dummy.bytes)
        guest.stage = stage === "found" ? "descriptor due" : "idle"
        return `dummy while ${stage}`
      case "descriptor due":
        guest.stage = "descriptor taken"
        return "take what is there"
    }
  }

  #ask(guest: Guest): string {
    const random = this.#random
    const label = random.pick(labels)
    const kind = random.below(8)
    const ttlSeconds = 1 + random.below(ttlSecondsMax)
    if (kind < 3) {
      // Now and then more than all may have together.
      const properties = "properties".padEnd(random.chance(0.05) ? 61 : 0)
      this.#say(guest, Message.request(Message.saveEndpoint(ttlSeconds, label, properties)).bytes)
      guest.stage = "saving"
      return "ask to save"
    }
    if (kind === 3) {
      this.#say(guest, Message.request(Message.saveDestination(ttlSeconds, label, `${random.below(4)}`, label)).bytes)
      return "bind"
    }
    if (kind === 4) {
      this.#say(guest, Message.request(Message.findEndpoint("nowhere")).bytes.subarray(0, 10))
      guest.stage = "inside a request"
      return "begin a request"
    }
    const request = kind === 5 ? Message.findDestination(label) : Message.findEndpoint(label)
    this.#say(guest, Message.request(request).bytes)
    guest.stage = "found"
    return "find"
  }

  /** The descriptor of a save, or none. */
  #give(guest: Guest): string {
    guest.stage = "idle"
    const kind = this.#random.below(10)
    if (kind === 0) {
      this.#say(guest, Message.byte.bytes)
      return "give nothing"
    }
    if (kind === 1) {
      this.#send(guest, this.#machine.file(), undefined)
      return "give a file"
    }
    const [near, far] = this.#machine.connection()
    this.#ours.set(far.descriptor, far.file)
    this.#send(guest, near, far.descriptor)
    return "give a connection"
  }

  /** A descriptor where none is due, or bytes that nobody understands. */
  #sayNonsense(guest: Guest): string {
    const { stage } = guest
    if (this.#random.chance(0.5)) {
      this.#send(guest, this.#machine.file(), undefined)
      // There it was due.
      if (stage === "saving") guest.stage = "idle"
      return `a file while ${stage}`
    }
    this.#say(guest, this.#random.pick(Message.malformed).bytes)
    return `nonsense while ${stage}`
  }

  #say({ socket }: Guest, bytes: Uint8Array): void {
    this.#machine.calls.send(socket.descriptor, bytes)
  }

  #send({ socket }: Guest, { descriptor, file }: Opened, far: Descriptor | undefined): void {
    this.#gifts.set(file, { file, far, isOver: false })
    this.#machine.calls.sendDescriptor(socket.descriptor, descriptor)
    descriptor.close()
  }

  /** Reads what there is; connections that were handed over are closed at once, or kept for good. False when the daemon has ended it. */
  #listen({ socket }: Guest): boolean {
    const { calls } = this.#machine
    const buffer = calls.makeReceiveBuffer(4_096)
    let count = calls.receive(socket.descriptor, buffer)
    for (; count > 0; count = calls.receive(socket.descriptor, buffer)) {
      const descriptor = buffer.takeDescriptor()
      if (descriptor === undefined) continue
      const taken = this.#machine.identify(descriptor)
      this.#ours.set(taken.descriptor, taken.file)
      if (this.#random.chance(0.7)) this.#close(taken.descriptor)
    }
    return count === -Errno.EAGAIN
  }

  #close(descriptor: Descriptor): void {
    this.#ours.delete(descriptor)
    descriptor.close()
  }

  /** Every descriptor beside those from before is a client's, or one that the daemon has: of a client's connection, or in its cache. */
  #check(step: string): void {
    const { filesAtStart, server } = this.#machine
    const known = new Map(filesAtStart)
    for (const file of this.#ours.values()) known.set(file, (known.get(file) ?? 0) + 1)
    const daemons = difference(openFiles(), known)
    const fail = (message: string) => {
      throw new Error(`after "${step}": ${message}: ${show(daemons)}`)
    }
    for (const [file, count] of daemons) if (count !== 1) fail(`${file} is open ${count} times too often`)
    const cached = new Set([...daemons.keys()].filter((file) => this.#gifts.has(file)))
    const { connections, leases } = server.sizes
    if (cached.size !== connections + leases) fail(`${connections} connections are cached and ${leases} leased`)
    const ends = new Set([...daemons.keys()].filter((file) => !this.#gifts.has(file)))
    if (ends.size !== server.clients()) fail(`${server.clients()} clients are connected`)
    if (ends.size > this.#guests.length) fail(`${this.#guests.length} clients are there`)
    const come = [...ends].filter((file) => !this.#ends.has(file))
    if (come.length > (step === "come" ? 1 : 0)) fail(`${come} belongs to nobody`)
    this.#ends = ends
    this.#checkChanges(cached, fail)
  }

  /** What has gone is counted by the daemon, each in one way. */
  #checkChanges(cached: ReadonlySet<string>, fail: (message: string) => void): void {
    const { totals } = this
    const gone = [...this.#cached].filter((file) => !cached.has(file))
    // What was not kept in the step in which it was given never will be.
    for (const [file, { far }] of this.#gifts) {
      if (cached.has(file)) continue
      this.#gifts.delete(file)
      if (far !== undefined) this.#close(far)
    }
    this.#cached = cached
    const late = totals.savedEndpoints - leftOf(totals) - cached.size
    // Only what was leased and has expired is in none of the figures, when it comes back.
    if (late < this.#late || late > this.#late + gone.length)
      fail(`${gone.length} have gone, and not as it was counted`)
    this.#late = late
  }
}

const show = (files: ReadonlyMap<string, number>): string =>
  [...files].map(([file, count]) => `${file} (${count > 0 ? "+" : ""}${count})`).join(", ")
