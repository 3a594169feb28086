import type { Descriptor, Outcome, SystemCalls } from "@scached/fdpass"
import type { WatchMember } from "../WatchMember.ts"

/** What is in one epoll set, by the tokens under which the kernel reports it. Token 0 is nothing's. */
export class Members {
  readonly byToken: Array<WatchMember | undefined> = [undefined]
  readonly #calls: SystemCalls["Service"]
  readonly #epoll: Descriptor
  readonly #free: Array<number> = []
  #resting: Array<number> = []
  #isClosed = false

  constructor(calls: SystemCalls["Service"], epoll: Descriptor) {
    this.#calls = calls
    this.#epoll = epoll
  }

  get size(): number {
    return this.byToken.length - 1 - this.#free.length - this.#resting.length
  }

  /** Adds one that is in no set; a negative outcome is epoll_ctl's refusal. */
  add(member: WatchMember, readiness: number): Outcome {
    const token = this.#free.pop() ?? this.byToken.length
    const outcome = this.#calls.epollAdd(this.#epoll, member.descriptor, readiness, token)
    if (outcome < 0) {
      if (token === this.byToken.length) this.byToken.push(undefined)
      this.#free.push(token)
      return outcome
    }
    member.token = token
    this.byToken[token] = member
    return outcome
  }

  /** Takes one out, if it is in. Its token rests until `recycle`: an event for it may already have been reported. */
  remove(member: WatchMember): void {
    const { token } = member
    if (token === 0) return
    member.token = 0
    this.byToken[token] = undefined
    this.#resting.push(token)
    // What outlives the set must still be able to leave it.
    if (!this.#isClosed) this.#calls.epollRemove(this.#epoll, member.descriptor)
  }

  /** To be called when all events that were reported have been handled. */
  recycle(): void {
    if (this.#resting.length === 0) return
    for (const token of this.#resting) this.#free.push(token)
    this.#resting = []
  }

  /** The set is closed: members may still be removed, without the kernel. */
  close(): void {
    this.#isClosed = true
  }
}
