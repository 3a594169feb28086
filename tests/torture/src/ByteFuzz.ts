/** Damaged bytes and misplaced descriptors from several clients at once, thrown at a running daemon beside a well-behaved client. */
import fc from "fast-check"
import { type CheckOptions, type CheckResult, check } from "./Check.ts"
import type { Arena } from "./ConversationFuzz.ts"
import { becomes, openDescriptors } from "./Daemon.ts"
import { clientBytes } from "./Mutations.ts"
import { Polite } from "./Polite.ts"
import { isHeld, type Offered, offer, Visitor } from "./Visitor.ts"

const clients = 4

/** What one of the clients does. */
type Deed =
  | { readonly _tag: "Write"; readonly client: number; readonly bytes: string }
  | { readonly _tag: "Pass"; readonly client: number; readonly count: number }
  | { readonly _tag: "Read" | "Leave" | "HalfClose"; readonly client: number }

const client = fc.nat(clients - 1)
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ _tag: fc.constant("Write" as const), client, bytes: clientBytes }) },
  {
    weight: 3,
    arbitrary: fc.record({ _tag: fc.constant("Pass" as const), client, count: fc.constantFrom(1, 1, 1, 2, 10, 253) })
  },
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant("Read" as const), client }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constantFrom("Leave" as const, "HalfClose" as const), client }) }
)

/** One round of all clients. */
class Round {
  readonly #arena: Arena
  readonly #visitors: Array<Visitor> = []
  readonly #offered: Array<Offered>

  constructor(arena: Arena, offered: Array<Offered>) {
    this.#arena = arena
    this.#offered = offered
    for (let index = 0; index < clients; index++) this.#visitors.push(this.#enter())
  }

  do(deed: Deed): void {
    const visitor = this.#visitors[deed.client]
    if (visitor === undefined) throw new Error(`there is no client ${deed.client}`)
    switch (deed._tag) {
      case "Write":
        return visitor.throwAt(Buffer.from(deed.bytes, "latin1"))
      case "Pass":
        return this.#pass(visitor, deed.count)
      case "Read":
        for (const received of visitor.conversation.takeArrived().descriptors) received.close()
        return
      case "HalfClose":
        return this.#arena.rude.halfClose(visitor.socket)
      case "Leave":
        visitor.leave()
        this.#visitors[deed.client] = this.#enter()
    }
  }

  end(): void {
    for (const visitor of this.#visitors) visitor.leave()
  }

  #enter(): Visitor {
    return new Visitor(this.#arena.calls, this.#arena.daemon.socketPath)
  }

  #pass(visitor: Visitor, count: number): void {
    const offered = offer(this.#arena.calls)
    this.#offered.push(offered)
    if (count === 1) this.#arena.calls.sendDescriptor(visitor.socket, offered.near)
    else this.#arena.rude.sendCopies(visitor.socket, offered.near, count)
    offered.near.close()
    this.#arena.passed += count
  }
}

/**
 * Rounds of up to sixty deeds. After each, all clients but the well-behaved one are gone, and the daemon has exactly as many
 * descriptors open as there are connections whose far end says that somebody still holds them.
 */
export const fuzzBytes = (arena: Arena, options: CheckOptions): CheckResult => {
  const { calls, daemon } = arena
  const base = openDescriptors(daemon.pid)
  let offered: Array<Offered> = []
  const result = check("bytes", fc.array(deed, { minLength: 1, maxLength: 60 }), options, (deeds) => {
    const round = new Round(arena, offered)
    try {
      for (const [index, each] of deeds.entries()) {
        round.do(each)
        if (index % 4 === 0) arena.polite.cycle()
      }
    } catch (cause) {
      arena.polite.leave()
      arena.polite = new Polite(calls, daemon.socketPath, "polite")
      throw cause
    } finally {
      round.end()
    }
    const cached = (): number => {
      offered = offered.filter((each) => {
        const isCached = isHeld(calls, each)
        if (!isCached) each.far.close()
        return isCached
      })
      return offered.length
    }
    if (!becomes(() => openDescriptors(daemon.pid) === base + cached())) {
      const open = openDescriptors(daemon.pid)
      throw new Error(`the daemon has ${open} descriptors open: ${base} of its own, and caches ${cached()} connections`)
    }
    arena.polite.cycle()
  })
  for (const { far } of offered) far.close()
  return result
}
