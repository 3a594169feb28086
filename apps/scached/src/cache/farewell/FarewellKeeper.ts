import { type Farewell, type FarewellResult, FarewellRules } from "@scached/farewell"
import { SocketKind } from "@scached/fdpass"
import type { EventLoop } from "@scached/reactor"
import { Effect } from "effect"
import type { SettingsInForce } from "../../settings/CacheSettings.ts"
import type { CachedDescriptor } from "../CachedDescriptor.ts"
import { Departure, type DepartureOwner } from "./Departure.ts"
import type { FarewellCounts } from "./FarewellCounts.ts"

/** What a keeper needs of its cache. */
export interface KeeperOwner {
  readonly loop: EventLoop
  readonly settings: SettingsInForce
  readonly counts: FarewellCounts
  /** How many descriptors there is room for, those that are leaving included. */
  readonly room: () => number
  /** A descriptor of this process was closed. */
  readonly onFreed: () => void
}

/** Connections that wait for their far ends' last word at a time, if the descriptors allow so many: an eighth of those. */
const waitingMost = 1_000
const waitingShare = 8
/** Connections that are leaving at a time, those that wait for a thread among them, up to half of the descriptors. */
const departuresMost = 4_000
const departuresShare = 2
/** At the end of the process: how long farewells are begun, how long far ends may take for closing, and how long what was begun may take. */
const endBeginMillis = 400
const endWaitMillis = 600
const endMillis = 800
/** Looks at what is done elsewhere: soon at first, and more and more rarely while nothing comes of it. */
const soonMillis = 1
const lateMillis = 64

/** TCP that carries TLS is not told from TCP: a rule for such connections would be wrong, and only who makes the rules can know. */
const isSpeakable = (kind: number): boolean => kind === SocketKind.tcp || kind === SocketKind.unixStream

/**
 * Says farewell on connections that leave the cache, and closes them.
 *
 * Bounded in number and in time: what waits for its far end gives way first to whatever needs the room, and where there is none a
 * connection is closed without a word.
 */
export class FarewellKeeper {
  readonly #owner: KeeperOwner
  readonly #departures = new Set<Departure>()
  /** Those of them that wait for the end of the stream, oldest first. */
  readonly #waiting = new Set<Departure>()
  readonly #departureOwner: DepartureOwner
  #cancelLook: (() => void) | undefined
  #pauseMillis = soonMillis
  #isBeginning = false
  /** At the end: there is room for another, or all are gone. */
  #onFreed: () => void = () => {}
  #isFeeding = false
  #isOver = false

  constructor(owner: KeeperOwner) {
    this.#owner = owner
    this.#departureOwner = {
      loop: owner.loop,
      onErrand: () => this.#look(),
      onWaiting: (departure) => {
        this.#waiting.add(departure)
        this.giveWay()
      },
      onOver: (departure, result) => this.#over(departure, result)
    }
  }

  /** Connections that are leaving. */
  get size(): number {
    return this.#departures.size
  }

  /**
   * Takes over a cached connection that is no longer watched, to write its farewell and close it; false, and nothing happens to it,
   * where there is nothing to be said or no room for that.
   */
  take(cached: CachedDescriptor, label: string): boolean {
    const { counts, loop, settings } = this.#owner
    const farewell = farewellFor(cached, settings.current.farewells, label)
    if (farewell === undefined) return false
    if (!this.#hasRoom() || !isSpeakable(loop.calls.socketKind(cached.descriptor))) {
      counts.count(farewell.protocol, "unable")
      return false
    }
    const waitMillis = settings.current.farewellSecondsMax * 1000
    const departure = new Departure(cached.descriptor.take(), farewell, waitMillis, this.#departureOwner)
    this.#departures.add(departure)
    departure.start()
    return true
  }

  /** Leaves their descriptors to those who need them: fewer wait from now on. */
  giveWay(): void {
    const room = this.#owner.room()
    for (const departure of this.#waiting) {
      if (this.#waiting.size <= this.#waitingMax && this.size <= room) return
      this.#waiting.delete(departure)
      departure.hurry()
    }
  }

  /**
   * Has all connections leave, as many at a time as the limit allows, and waits for that, but not for long: a farewell without an answer
   * ends with the process. `next` has one leave and is false when there is none.
   */
  readonly finish = (next: () => boolean): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      const { loop } = this.#owner
      const feed = (): void => {
        // A connection that is closed at once has the next one fed, which must not go deeper and deeper.
        if (this.#isFeeding) return
        this.#isFeeding = true
        let isMore = true
        while (isMore && this.size < this.#departuresMax) isMore = next()
        this.#isFeeding = false
        if (!isMore && this.size === 0) end()
      }
      const cancelBegin = loop.at(loop.nowMillis + endBeginMillis, () => {
        this.#isOver = true
        while (next());
      })
      const cancelWait = loop.at(loop.nowMillis + endWaitMillis, () => {
        for (const departure of this.#waiting) departure.hurry()
        this.#waiting.clear()
      })
      const end = (): void => {
        this.#onFreed = () => {}
        cancelBegin()
        cancelWait()
        cancelEnd()
        // What threads still have is closed by the end of the process, and nothing comes back to be counted.
        for (const { farewell } of this.#departures) this.#owner.counts.count(farewell.protocol, "cut")
        this.#departures.clear()
        resume(Effect.void)
      }
      const cancelEnd = loop.at(loop.nowMillis + endMillis, end)
      this.#onFreed = feed
      feed()
    })

  get #waitingMax(): number {
    return Math.min(waitingMost, Math.floor(this.#owner.settings.current.descriptorsMax / waitingShare))
  }

  get #departuresMax(): number {
    return Math.min(departuresMost, Math.floor(this.#owner.settings.current.descriptorsMax / departuresShare))
  }

  #hasRoom(): boolean {
    this.giveWay()
    return !this.#isOver && this.size < Math.min(this.#departuresMax, this.#owner.room())
  }

  #over(departure: Departure, result: FarewellResult): void {
    const { counts, onFreed } = this.#owner
    this.#waiting.delete(departure)
    if (this.#departures.delete(departure)) counts.count(departure.farewell.protocol, result)
    onFreed()
    this.#onFreed()
  }

  /** Something was begun elsewhere: all of a turn together. */
  #look(): void {
    this.#pauseMillis = soonMillis
    if (this.#isBeginning) return
    this.#isBeginning = true
    this.#cancelLook?.()
    this.#cancelLook = undefined
    this.#owner.loop.postpone(() => {
      this.#isBeginning = false
      this.#tend()
    })
  }

  #tend(): void {
    const { loop } = this.#owner
    const { calls } = loop
    const before = calls.errandsUnderWay()
    calls.tendErrands()
    const count = calls.errandsUnderWay()
    if (count === 0 || this.#isBeginning) return
    // While something comes of it there is likely more, and what waits for a thread need not wait for a timer.
    if (count < before) return this.#look()
    this.#pauseMillis = Math.min(lateMillis, 2 * this.#pauseMillis)
    this.#cancelLook = loop.at(loop.nowMillis + this.#pauseMillis, () => {
      this.#cancelLook = undefined
      this.#tend()
    })
  }
}

const farewellFor = (
  { parting }: CachedDescriptor,
  rules: FarewellRules.FarewellRules,
  label: string
): Farewell.Farewell | undefined => {
  if (parting === "silent") return undefined
  return parting === "by rule" ? FarewellRules.farewellOf(rules, label) : parting
}
