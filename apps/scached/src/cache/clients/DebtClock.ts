import type { EventLoop } from "@scached/reactor"
import type { SettingsInForce } from "../../settings/CacheSettings.ts"

/** How long a client has owed the same: bytes inside an exchange, or the reading of what was sent to it. */
export class DebtClock {
  readonly #loop: EventLoop
  readonly #settings: SettingsInForce
  readonly #onOverdue: () => void
  #sinceMillis: number | undefined
  #cancel: (() => void) | undefined
  #isClosed = false

  constructor(loop: EventLoop, settings: SettingsInForce, onOverdue: () => void) {
    this.#loop = loop
    this.#settings = settings
    this.#onOverdue = onOverdue
  }

  /** The debt is paid; whatever the client owes next is a new one. */
  paid(): void {
    this.#sinceMillis = undefined
  }

  /** The client owes something, since now unless it owed it before. */
  owes(): void {
    const { nowMillis } = this.#loop
    this.#sinceMillis ??= nowMillis
    this.#arm(nowMillis + this.#millisMax)
  }

  /** Goes by the present settings. */
  settingsChanged(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#sinceMillis !== undefined) this.#arm(this.#sinceMillis + this.#millisMax)
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  get #millisMax(): number {
    return this.#settings.current.exchangeSecondsMax * 1000
  }

  /** One timer serves many exchanges: it is armed when there is none, and looks at the present debt when it comes. */
  #arm(deadlineMillis: number): void {
    this.#cancel ??= this.#loop.at(deadlineMillis, () => {
      this.#cancel = undefined
      if (!this.#isOverdue()) return
      // The answer may have come in time, and still be in the socket: after SIGSTOP, or in a turn with more events than it takes.
      this.#cancel = this.#loop.afterPendingInput(this.#settings.current.requestBytesMax, () => {
        this.#cancel = undefined
        if (this.#isOverdue()) this.#onOverdue()
      })
    })
  }

  /** Whether the client has owed the same for too long; where its time is not over, the clock runs on. */
  #isOverdue(): boolean {
    if (this.#sinceMillis === undefined || this.#isClosed) return false
    const dueMillis = this.#sinceMillis + this.#millisMax
    if (dueMillis <= this.#loop.nowMillis) return true
    this.#arm(dueMillis)
    return false
  }
}
