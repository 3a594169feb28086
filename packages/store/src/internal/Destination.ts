import { Binding } from "./Binding.ts"
import type { TableMember } from "./HashTable.ts"

// Most destinations have a handful of bindings: comparing them all is faster than a map, and a map costs more memory than they do.
const SCANNED_BINDINGS_MAX = 8

/** The bindings of one destination: a list in the order of first save, and one in the order of last renewal. */
export class Destination<S extends string> implements TableMember<S, Destination<S>> {
  readonly key: S
  hash: number
  nextInBucket: Destination<S> | undefined
  size: number
  first: Binding<S> | undefined
  last: Binding<S> | undefined
  stalest: Binding<S> | undefined
  freshest: Binding<S> | undefined
  #byPair: Map<string, Binding<S>> | undefined

  constructor(label: S) {
    this.key = label
    this.hash = 0
    this.nextInBucket = undefined
    this.size = 0
    this.first = undefined
    this.last = undefined
    this.stalest = undefined
    this.freshest = undefined
    this.#byPair = undefined
  }

  find(properties: S, endpointLabel: S): Binding<S> | undefined {
    if (this.#byPair !== undefined) return this.#byPair.get(pairKey(properties, endpointLabel))
    let binding = this.first
    while (binding !== undefined && (binding.endpointLabel !== endpointLabel || binding.properties !== properties)) {
      binding = binding.next
    }
    return binding
  }

  append(properties: S, endpointLabel: S): Binding<S> {
    const binding = new Binding(this, properties, endpointLabel)
    binding.previous = this.last
    if (this.last === undefined) this.first = binding
    else this.last.next = binding
    this.last = binding
    this.#linkFreshest(binding)
    this.size++
    if (this.#byPair !== undefined) this.#byPair.set(pairKey(properties, endpointLabel), binding)
    else if (this.size > SCANNED_BINDINGS_MAX) this.#byPair = this.#mapPairs()
    return binding
  }

  /** Makes it the last to make room. */
  freshen(binding: Binding<S>): void {
    this.#unlinkFreshness(binding)
    this.#linkFreshest(binding)
  }

  remove(binding: Binding<S>): void {
    const { previous, next } = binding
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    binding.previous = undefined
    binding.next = undefined
    this.#unlinkFreshness(binding)
    this.size--
    this.#byPair?.delete(pairKey(binding.properties, binding.endpointLabel))
    // Half of what made it: a destination whose size goes up and down by one does not rebuild its map each time.
    if (this.size <= SCANNED_BINDINGS_MAX / 2) this.#byPair = undefined
  }

  #linkFreshest(binding: Binding<S>): void {
    binding.staler = this.freshest
    if (this.freshest === undefined) this.stalest = binding
    else this.freshest.fresher = binding
    this.freshest = binding
  }

  #unlinkFreshness(binding: Binding<S>): void {
    const { staler, fresher } = binding
    if (staler === undefined) this.stalest = fresher
    else staler.fresher = fresher
    if (fresher === undefined) this.freshest = staler
    else fresher.staler = staler
    binding.staler = undefined
    binding.fresher = undefined
  }

  #mapPairs(): Map<string, Binding<S>> {
    const byPair = new Map<string, Binding<S>>()
    for (let binding = this.first; binding !== undefined; binding = binding.next) {
      byPair.set(pairKey(binding.properties, binding.endpointLabel), binding)
    }
    return byPair
  }
}

// The length tells where the first ends: no two pairs have the same key, whatever octets they hold.
const pairKey = (properties: string, endpointLabel: string): string =>
  `${properties.length}:${properties}${endpointLabel}`
