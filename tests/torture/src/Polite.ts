/** A well-behaved client, whose every request must go on being answered rightly whatever others do. */
import type { SystemCalls } from "@scached/fdpass"
import { AttributeList, CacheExchange } from "@scached/interop"
import { offer, Visitor } from "./Visitor.ts"

const ttlSeconds = 1_000

/** See the module. Each call throws when an answer is not to the byte what it must be, or does not come within twenty seconds. */
export class Polite {
  /** Exchanges that were answered rightly. */
  answered = 0
  readonly #calls: SystemCalls["Service"]
  readonly #visitor: Visitor
  readonly #name: string

  constructor(calls: SystemCalls["Service"], path: string, name: string) {
    this.#calls = calls
    this.#visitor = new Visitor(calls, path)
    this.#name = name
    this.#visitor.conversation.expect(AttributeList.greeting)
  }

  /** Looks for something that is not there. */
  miss(): void {
    CacheExchange.missEndpoint(this.#visitor.conversation, `${this.#name} never saved`)
    this.answered++
  }

  /** Saves a connection, binds a destination to it, finds it through that, and finds it gone. */
  cycle(): void {
    const { conversation } = this.#visitor
    const [label, destination] = [`${this.#name} endpoint`, `${this.#name} destination`]
    const offered = offer(this.#calls)
    CacheExchange.saveEndpoint(conversation, { ttlSeconds, label, properties: "own" }, offered)
    CacheExchange.saveDestination(conversation, { ttlSeconds, label: destination, properties: "", endpoint: label })
    const wanted = { destination: "", endpoint: "own" }
    const mark = CacheExchange.findDestination(this.#calls, conversation, destination, wanted)
    offered.far.close()
    if (mark !== offered.mark) throw new Error(`the well-behaved client got ${mark}, and had saved ${offered.mark}`)
    CacheExchange.missDestination(conversation, destination)
    this.answered += 4
  }

  /** Finds a connection that must be there, and tells which it is. */
  find(label: string, properties: string): string {
    this.answered++
    return CacheExchange.findEndpoint(this.#calls, this.#visitor.conversation, label, properties)
  }

  leave(): void {
    this.#visitor.leave()
  }
}
