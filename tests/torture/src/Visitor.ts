/** A client that a fuzzer drives: it may do anything, and knows its sockets and the connections it made. */
import { type Descriptor, type Outcome, SystemCalls } from "@scached/fdpass"
import { Conversation, MarkedConnection } from "@scached/interop"
import { Effect } from "effect"

type Calls = SystemCalls["Service"]

const must = <A>(what: string, result: A | Outcome): Exclude<A, number> => {
  if (typeof result === "number") throw new Error(`${what}: errno ${-result}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return result as Exclude<A, number>
}

/** A connection to be cached: its far end stays here, and tells whether a copy of the near one is open anywhere. */
export interface Offered {
  readonly mark: MarkedConnection.Mark
  readonly near: Descriptor
  readonly far: Descriptor
}

/** Makes a connection to offer. */
export const offer = (calls: Calls): Offered => {
  const [first, far] = must("make a pair", calls.socketPair())
  const { mark, descriptor } = MarkedConnection.markOf(calls, first)
  return { mark, near: descriptor, far }
}

/** Whether somebody holds a copy of its near end. */
export const isHeld = (calls: Calls, offered: Offered): boolean => calls.peek(offered.far) !== 0

/** See the module. */
export class Visitor {
  readonly socket: Descriptor
  readonly conversation: Conversation.Conversation
  readonly #calls: Calls
  readonly #epoll: Descriptor

  constructor(calls: Calls, path: string) {
    this.#calls = calls
    this.socket = must("make a socket", calls.socket())
    const outcome = calls.connect(this.socket, path)
    if (outcome < 0) throw new Error(`connect to ${path}: errno ${-outcome}`)
    this.#epoll = must("epoll_create1", calls.epollCreate())
    this.conversation = new Conversation.Conversation(calls, this.socket, this.#epoll, {})
  }

  /** Sends what fits, whether or not anybody is there. */
  throwAt(bytes: Uint8Array): void {
    this.#calls.send(this.socket, bytes)
  }

  leave(): void {
    this.#epoll.close()
    this.socket.close()
  }
}

/** The kernel's calls, for plain code. */
export const systemCalls: Effect.Effect<Calls, never, SystemCalls> = SystemCalls.pipe(Effect.map((calls) => calls))
