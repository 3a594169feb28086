import type { EventLoop } from "@scached/reactor"
import type { Journal } from "./Journal.ts"

const windowMillis = 1_000

/**
 * A journal with a maximum number of warnings per second, for all clients together, so that no client can fill the log. Suppressed warnings are
 * counted, and the count is logged at the end of that second. Lines of other severities pass.
 */
export class WarningLimit {
  readonly journal: Journal["Service"]
  readonly #loop: EventLoop
  readonly #settings: { readonly current: { readonly warningsPerSecondMax: number } }
  readonly #target: Journal["Service"]
  #windowEndMillis = Number.NEGATIVE_INFINITY
  #written = 0
  #leftOut = 0
  /** Warnings that were not written, since the start. */
  suppressed = 0
  #cancel: (() => void) | undefined

  constructor(
    loop: EventLoop,
    target: Journal["Service"],
    settings: { readonly current: { readonly warningsPerSecondMax: number } }
  ) {
    this.#loop = loop
    this.#target = target
    this.#settings = settings
    this.journal = { ...target, warning: (message) => this.#warn(message) }
  }

  /** Tells what was left out, and no more. */
  close(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#tell()
  }

  #warn(message: string): void {
    const { nowMillis } = this.#loop
    if (nowMillis >= this.#windowEndMillis) {
      this.#windowEndMillis = nowMillis + windowMillis
      this.#written = 0
    }
    if (this.#written < this.#settings.current.warningsPerSecondMax) {
      this.#written++
      return this.#target.warning(message)
    }
    this.#leftOut++
    this.suppressed++
    this.#cancel ??= this.#loop.at(this.#windowEndMillis, () => {
      this.#cancel = undefined
      this.#tell()
    })
  }

  #tell(): void {
    if (this.#leftOut === 0) return
    const leftOut = this.#leftOut
    this.#leftOut = 0
    this.#target.warning(
      `${leftOut} more warnings were not written: ${this.#settings.current.warningsPerSecondMax} a second are (scached_warning_limit)`
    )
  }
}
