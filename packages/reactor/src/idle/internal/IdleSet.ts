import { type Descriptor, Errno, type Outcome, Readiness } from "@scached/fdpass"
import type { EventLoop } from "../../loop/EventLoop.ts"
import { Members } from "../../loop/internal/Members.ts"
import type { Member } from "../../loop/Member.ts"
import type { IdleConnection } from "../IdleConnection.ts"

/** Connections a turn whose peers have left. */
const eventsMax = 64

/**
 * An epoll set for idle connections alone, which is one member of the loop's.
 *
 * The kernel reports what is ready in the order in which it became so. In the loop's own set 9,900 connections whose peers left together stood
 * before each client that spoke after them, and it waited for 39 turns, up to 84 ms.
 */
export class IdleSet implements Member {
  readonly descriptor: Descriptor
  /** Kept by the loop. */
  token = 0
  readonly #loop: EventLoop
  readonly #members: Members
  readonly #batch

  private constructor(loop: EventLoop, descriptor: Descriptor) {
    this.#loop = loop
    this.descriptor = descriptor
    this.#members = new Members(loop.calls, descriptor)
    this.#batch = loop.calls.makeReadinessBatch(eventsMax)
  }

  /** Makes the set, or says why the kernel refuses it. */
  static open(loop: EventLoop): IdleSet | Outcome {
    const descriptor = loop.calls.epollCreate()
    if (typeof descriptor === "number") return descriptor
    const set = new IdleSet(loop, descriptor)
    const outcome = loop.watch(set, Readiness.readable)
    if (outcome >= 0) return set
    descriptor.close()
    return outcome
  }

  watch(connection: IdleConnection, readiness: number): Outcome {
    return this.#members.watch(connection, readiness)
  }

  unwatch(connection: IdleConnection): void {
    this.#members.unwatch(connection)
  }

  onReady(): void {
    // What is not taken now is reported again in the next turn.
    if (this.#loop.closeRoom < eventsMax) return
    const count = this.#loop.calls.epollWait(this.descriptor, this.#batch, 0)
    if (count < 0 && count !== -Errno.EINTR) throw new Error(`epoll_wait failed with errno ${-count}`)
    for (let index = 0; index < count; index++) this.#dispatch(index)
    this.#members.reuseTokens()
  }

  /** Closes the set, of which all connections have been taken out. */
  close(): void {
    this.#loop.unwatch(this)
    this.#members.close()
    this.descriptor.close()
  }

  #dispatch(index: number): void {
    const member = this.#members.at(this.#batch.token(index))
    // Taken out by the handler of one before it.
    if (member === undefined) return
    try {
      member.onReady(this.#batch.readiness(index))
    } catch (defect) {
      this.#members.unwatch(member)
      this.#loop.onDefect(defect)
    }
  }
}
