import type { Descriptor, SystemCalls } from "@scached/fdpass"
import type { HostLoop } from "./HostLoop.ts"

const pauseMillisMin = 2
/** Looks without a close that has ended: what no signal can end would keep the program alive for ever. */
const vainLooksMax = 6

/**
 * Closes descriptors that other processes made, without blocking the event loop.
 *
 * The process that saved a connection may have set it to linger (SO_LINGER): the close of the last copy then waits until its peer has
 * read everything, for as long as was set. Such a close is made on another thread, and ended after some milliseconds; the kernel
 * completes it.
 */
export class DeferredCloses {
  readonly #calls: SystemCalls["Service"]
  readonly #loop: HostLoop
  #isArmed = false

  constructor(calls: SystemCalls["Service"], loop: HostLoop) {
    this.#calls = calls
    this.#loop = loop
  }

  /** Closes a descriptor, which is the callee's from then on. */
  readonly letGo = (descriptor: Descriptor): void => {
    this.#calls.letGo(descriptor)
    if (!this.#isArmed && this.#calls.closesUnderWay() > 0) this.#arm(pauseMillisMin, vainLooksMax)
  }

  #arm(pauseMillis: number, looksLeft: number): void {
    this.#isArmed = true
    this.#loop.after(pauseMillis, () => {
      this.#isArmed = false
      const before = this.#calls.closesUnderWay()
      this.#calls.hurryCloses()
      const count = this.#calls.closesUnderWay()
      if (count === 0) return
      if (count < before) this.#arm(pauseMillisMin, vainLooksMax)
      else if (looksLeft > 1) this.#arm(2 * pauseMillis, looksLeft - 1)
    })
  }
}
