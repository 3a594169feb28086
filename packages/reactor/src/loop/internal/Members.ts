import type { Descriptor, Outcome, SystemCalls } from "@scached/fdpass"
import type { Member } from "../Member.ts"

/** The members of a loop by their tokens, which the kernel returns with each event. Token 0 is the host's. */
export class Members {
  readonly #calls: SystemCalls["Service"]
  readonly #epoll: Descriptor
  readonly #members: Array<Member | undefined> = [undefined]
  /** What the kernel watches each of them for, by token. */
  readonly #readiness: Array<number> = [0]
  readonly #freeTokens: Array<number> = []
  #freedThisTurn: Array<number> = []
  #isClosed = false

  constructor(calls: SystemCalls["Service"], epoll: Descriptor) {
    this.#calls = calls
    this.#epoll = epoll
  }

  /** Members that are watched. */
  get size(): number {
    return this.#members.length - 1 - this.#freeTokens.length - this.#freedThisTurn.length
  }

  /** At least as many as events can be pending at a time, the host's among them. */
  get capacity(): number {
    return this.#members.length
  }

  at(token: number): Member | undefined {
    return this.#members[token]
  }

  watch(member: Member, readiness: number): Outcome {
    const { token } = member
    if (readiness === 0) {
      this.unwatch(member)
      return 0
    }
    if (token === 0) return this.#add(member, readiness)
    if (this.#readiness[token] === readiness) return 0
    const outcome = this.#calls.epollModify(this.#epoll, member.descriptor, readiness, token)
    if (outcome >= 0) this.#readiness[token] = readiness
    return outcome
  }

  /** The member's token rests until the turn is over, since the kernel may already have reported an event with it. */
  unwatch(member: Member): void {
    const { token } = member
    if (token === 0) return
    member.token = 0
    this.#members[token] = undefined
    this.#freedThisTurn.push(token)
    // A member that outlives the loop must still be able to close its descriptor.
    if (!this.#isClosed) this.#calls.epollRemove(this.#epoll, member.descriptor)
  }

  /** Call this at the end of each turn. */
  reuseTokens(): void {
    if (this.#freedThisTurn.length === 0) return
    for (const token of this.#freedThisTurn) this.#freeTokens.push(token)
    this.#freedThisTurn = []
  }

  /** Call this when the epoll set is closed. */
  close(): void {
    this.#isClosed = true
  }

  #add(member: Member, readiness: number): Outcome {
    const token = this.#freeTokens.pop() ?? this.#members.length
    const outcome = this.#calls.epollAdd(this.#epoll, member.descriptor, readiness, token)
    if (outcome < 0) {
      if (token === this.#members.length) this.#members.push(undefined)
      this.#freeTokens.push(token)
      return outcome
    }
    member.token = token
    this.#members[token] = member
    this.#readiness[token] = readiness
    return outcome
  }
}
