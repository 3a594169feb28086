import { ExpiryIndex } from "../ExpiryIndex.ts"
import type { Binding } from "./Binding.ts"
import type { Counters } from "./ConnectionTable.ts"
import { Destination } from "./Destination.ts"
import { HashTable } from "./HashTable.ts"
import { hashOfText } from "./hash.ts"

/** Destinations and their bindings. */
export class DestinationTable<S extends string> {
  readonly expiry = new ExpiryIndex<Binding<S>>()
  readonly #destinations = new HashTable<S, Destination<S>>(hashOfText)
  readonly #counters: Counters
  readonly #bindingsMax: number

  constructor(counters: Counters, bindingsMax: number) {
    this.#counters = counters
    this.#bindingsMax = bindingsMax
  }

  save(label: S, properties: S, endpointLabel: S, ttlMillis: number, nowMillis: number): void {
    const known = this.#destinations.get(label)?.find(properties, endpointLabel)
    if (known !== undefined) {
      if (known.deadlineMillis > nowMillis) {
        known.destination.freshen(known)
        this.expiry.renew(known, ttlMillis, nowMillis)
        return
      }
      // It is gone, only nobody has swept it yet: what is saved now is new, and comes last.
      this.#drop(known)
    }
    const destination = this.#withRoom(label)
    this.expiry.add(destination.append(properties, endpointLabel), ttlMillis, nowMillis)
    this.#counters.bindings++
  }

  first(label: S, nowMillis: number): Binding<S> | undefined {
    return this.#living(this.#destinations.get(label)?.first, nowMillis)
  }

  next(binding: Binding<S>, nowMillis: number): Binding<S> | undefined {
    return this.#living(binding.next, nowMillis)
  }

  expireNext(nowMillis: number): boolean {
    const binding = this.expiry.takeExpired(nowMillis)
    if (binding === undefined) return false
    this.#drop(binding)
    return true
  }

  #living(from: Binding<S> | undefined, nowMillis: number): Binding<S> | undefined {
    let binding = from
    while (binding !== undefined && binding.deadlineMillis <= nowMillis) {
      const next: Binding<S> | undefined = binding.next
      this.#drop(binding)
      binding = next
    }
    return binding
  }

  #withRoom(label: S): Destination<S> {
    let destination = this.#destinations.get(label)
    if (destination !== undefined && destination.size >= this.#bindingsMax && destination.stalest !== undefined) {
      this.#drop(destination.stalest)
      destination = this.#destinations.get(label)
    }
    if (destination !== undefined) return destination
    const added = new Destination<S>(label)
    this.#destinations.add(added)
    this.#counters.destinations++
    return added
  }

  #drop(binding: Binding<S>): void {
    this.expiry.remove(binding)
    const destination = binding.destination
    destination.remove(binding)
    this.#counters.bindings--
    if (destination.size > 0) return
    this.#destinations.delete(destination)
    this.#counters.destinations--
  }
}
