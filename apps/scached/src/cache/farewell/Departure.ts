import { type Farewell, type FarewellResult, FarewellSession, type FarewellStep } from "@scached/farewell"
import { type Descriptor, Readiness } from "@scached/fdpass"
import type { EventLoop, Member } from "@scached/reactor"

/** What a departure needs of those who keep it. */
export interface DepartureOwner {
  readonly loop: EventLoop
  /** Something is to be done elsewhere, and has to be looked after. */
  readonly onErrand: () => void
  readonly onWaiting: (departure: Departure) => void
  /** It is over; the descriptor is closed. */
  readonly onOver: (departure: Departure, result: FarewellResult) => void
}

/** Readiness that shows that a read would return something: bytes, the end, or an error, which epoll reports unasked. */
const anything = Readiness.readable | Readiness.peerClosed

/**
 * A connection on its way out of the cache, with its farewell: drives the sequence with system calls, none of which waits on this thread.
 *
 * It owns the descriptor. While a call is made elsewhere the descriptor is lent to it, and is not closed.
 */
export class Departure implements Member {
  readonly descriptor: Descriptor
  readonly farewell: Farewell.Farewell
  /** Kept by the loop. */
  token = 0
  readonly #owner: DepartureOwner
  readonly #session: FarewellSession
  #cancelWait: (() => void) | undefined

  constructor(descriptor: Descriptor, farewell: Farewell.Farewell, waitMillis: number, owner: DepartureOwner) {
    this.descriptor = descriptor
    this.farewell = farewell
    this.#owner = owner
    this.#session = new FarewellSession(farewell, waitMillis)
  }

  start(): void {
    this.#take(this.#session.start())
  }

  /** For the loop to call: watched for the end of the stream alone. */
  onReady(): void {
    this.#stopWaiting()
    this.#take(this.#session.farEnded())
  }

  /** Waits no longer; false when it does not wait. */
  hurry(): boolean {
    const step = this.#session.hurry()
    if (step === undefined) return false
    this.#stopWaiting()
    this.#take(step)
    return true
  }

  #take(step: FarewellStep): void {
    switch (step._tag) {
      case "Say":
        return this.#say(step.octets)
      case "AwaitEnd":
        return this.#awaitEnd(step.millis)
      case "Drain":
        return this.#drain(step.bytesMax)
      case "Close":
        this.#owner.loop.calls.letGo(this.descriptor)
        return this.#owner.onOver(this, step.result)
    }
  }

  #say(octets: Uint8Array): void {
    const session = this.#session
    const isBegun = this.#owner.loop.calls.writeElsewhere(this.descriptor, octets, (outcome) =>
      this.#take(outcome === 0 ? session.notSilent() : session.said(outcome))
    )
    if (isBegun) this.#owner.onErrand()
    else this.#take(session.failed())
  }

  #awaitEnd(millis: number): void {
    const { loop } = this.#owner
    if (loop.watch(this, Readiness.peerClosed) < 0) return this.#take(this.#session.failed())
    this.#cancelWait = loop.at(loop.nowMillis + millis, () => {
      this.#stopWaiting()
      this.#take(this.#session.timedOut())
    })
    this.#owner.onWaiting(this)
  }

  #stopWaiting(): void {
    this.#cancelWait?.()
    this.#cancelWait = undefined
    this.#owner.loop.unwatch(this)
  }

  #drain(bytesMax: number): void {
    const { calls } = this.#owner.loop
    const drained = () => this.#take(this.#session.drained())
    // Where nothing is to be read no thread is needed to find that out.
    if (calls.look(this.descriptor, anything) === 0) return drained()
    if (calls.drainElsewhere(this.descriptor, bytesMax, drained)) this.#owner.onErrand()
    else this.#take(this.#session.failed())
  }
}
