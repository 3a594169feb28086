/** A signal that requests an action (SIGHUP, SIGUSR1), and may arrive before it can be handled. */
export class PendingSignal {
  #answer: (() => void) | undefined
  #isWaiting = false

  /** One has come. */
  readonly raise = (): void => {
    if (this.#answer === undefined) this.#isWaiting = true
    else this.#answer()
  }

  /** Answers from now on, at once where one is waiting; the result stops it. */
  answer(answer: () => void): () => void {
    this.#answer = answer
    if (this.#isWaiting) answer()
    this.#isWaiting = false
    return () => {
      this.#answer = undefined
    }
  }
}
