import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"

interface Departure {
  readonly octets: string
  readonly sinceMillis: number
  isSaid: boolean
}

/** What may be added to the wait: threads that come late, and the end of the process. */
const slackMillis = 1_500

/** Connections that the daemon says farewell on, from when they leave its cache until they are closed. */
export class Departures {
  /** How many there were. */
  count = 0
  readonly #process: SimulatedSystemCalls.SimulatedProcess
  readonly #limits: CacheSettings
  readonly #fail: (message: string) => void
  readonly #leaving = new Map<number, Departure>()
  /** Descriptors of which a copy was sent to a client since they were saved. */
  readonly #passed = new Set<number>()

  constructor(process: SimulatedSystemCalls.SimulatedProcess, limits: CacheSettings, fail: (message: string) => void) {
    this.#process = process
    this.#limits = limits
    this.#fail = fail
  }

  get size(): number {
    return this.#leaving.size
  }

  /** A client was sent a copy, or may have been. */
  passed(number: number): void {
    this.#passed.add(number)
  }

  begun(number: number, octets: Uint8Array): void {
    if (this.#passed.has(number)) {
      this.#fail(`farewell is said on a connection that a client was sent: descriptor ${number}`)
    }
    this.count++
    const text = Buffer.from(octets).toString("latin1")
    this.#leaving.set(number, { octets: text, sinceMillis: this.#process.kernel.nowMillis, isSaid: false })
  }

  /** Something is to be written on a connection. */
  writing(number: number, bytes: Uint8Array): void {
    const departure = this.#leaving.get(number)
    if (departure === undefined) return this.#fail(`written on descriptor ${number}, which is not leaving`)
    if (departure.isSaid) this.#fail(`farewell is said twice on descriptor ${number}`)
    departure.isSaid = true
    const text = Buffer.from(bytes).toString("latin1")
    if (text !== departure.octets) this.#fail(`"${text}" is said instead of "${departure.octets}"`)
  }

  /** A descriptor is closed; whether it was one of these. */
  closed(number: number): boolean {
    this.#passed.delete(number)
    return this.#leaving.delete(number)
  }

  /** Nobody may be kept for longer than the settings allow. */
  checkAsleep(nowMillis: number): void {
    const waitMillis = this.#limits.farewellSecondsMax * 1000 + slackMillis
    for (const [number, { sinceMillis }] of this.#leaving) {
      if (nowMillis > sinceMillis + waitMillis) this.#fail(`descriptor ${number} is leaving since ${sinceMillis} ms`)
    }
  }
}
