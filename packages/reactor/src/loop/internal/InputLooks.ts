/** One call that waits for looks. */
interface Waiting {
  readonly run: () => void
  looksLeft: number
  /** How many more events may have been pending when the current look began; undefined before it begins. */
  eventsLeft: number | undefined
}

/**
 * Calls that wait until everything that was pending at some moment has been handled.
 *
 * A timer that punishes silence must not decide by the clock alone. After SIGSTOP, in a virtual machine that was paused, and after EINTR the
 * deadline has passed although the answer has been in the socket for long. And one `epollWait` reports 256 events at most, so the answers of
 * others may still be in the kernel.
 *
 * A look ends when `epollWait` had room for more events than there were, or when it has reported as many events as descriptors are watched: the
 * kernel reports each ready descriptor once before it reports one again. So clients that always have more to say do not defer a call for ever.
 */
export class InputLooks {
  #waiting: Array<Waiting> = []

  /** Calls `run` after so many looks, the first of which begins with the next turn; the result takes it back. */
  add(looks: number, run: () => void): () => void {
    const waiting: Waiting = { run, looksLeft: looks, eventsLeft: undefined }
    this.#waiting.push(waiting)
    return () => {
      const index = this.#waiting.indexOf(waiting)
      if (index >= 0) this.#waiting.splice(index, 1)
    }
  }

  /** Call this before each `epollWait`. False when nothing waits for a look. */
  begin(watched: number): boolean {
    if (this.#waiting.length === 0) return false
    for (const waiting of this.#waiting) waiting.eventsLeft ??= watched
    return true
  }

  /** Call this after the handlers of `count` events have run. Returns the calls whose looks are over. */
  end(count: number, isAll: boolean): ReadonlyArray<() => void> {
    const due: Array<() => void> = []
    this.#waiting = this.#waiting.filter((waiting) => {
      const { eventsLeft } = waiting
      // A handler of this very turn has added it.
      if (eventsLeft === undefined) return true
      waiting.eventsLeft = eventsLeft - count
      if (!isAll && waiting.eventsLeft > 0) return true
      waiting.eventsLeft = undefined
      if (--waiting.looksLeft > 0) return true
      due.push(waiting.run)
      return false
    })
    return due
  }
}
