import type { Descriptor, SystemCalls } from "@scached/fdpass"

/**
 * Descriptors held back for the time when this process or the system has no others: a log or a control socket can be opened with them
 * while clients have to wait.
 *
 * They are epoll sets that watch nothing, the cheapest that the kernel makes.
 *
 * @category connections
 */
export class DescriptorReserve {
  readonly #calls: SystemCalls["Service"]
  readonly #count: number
  readonly #held: Array<Descriptor> = []
  #isLent = false
  #isClosed = false

  private constructor(calls: SystemCalls["Service"], count: number) {
    this.#calls = calls
    this.#count = count
  }

  /** Takes `count` descriptors, or as many as there are. */
  static open(calls: SystemCalls["Service"], count: number): DescriptorReserve {
    const reserve = new DescriptorReserve(calls, count)
    reserve.refill()
    return reserve
  }

  /** How many are held back now. */
  get size(): number {
    return this.#held.length
  }

  /** Whether all are held back that were asked for. */
  get isFull(): boolean {
    return this.#held.length >= this.#count
  }

  /** Frees the reserve for as long as `work` takes, and then holds back what `work` has left of it. */
  lend<A>(work: () => A): A {
    this.#release()
    this.#isLent = true
    try {
      return work()
    } finally {
      this.#isLent = false
      this.refill()
    }
  }

  /** Takes what is missing, as far as it is there; whether the reserve is full now. Costs nothing when it was. */
  refill(): boolean {
    if (this.#isLent || this.#isClosed) return false
    while (!this.isFull) {
      const taken = this.#calls.epollCreate()
      if (typeof taken === "number") return false
      this.#held.push(taken)
    }
    return true
  }

  /** Gives all of it up. */
  close(): void {
    this.#isClosed = true
    this.#release()
  }

  #release(): void {
    for (const held of this.#held.splice(0)) held.close()
  }
}
