import { Binding } from "./Binding.ts"
import { Destination } from "./Destination.ts"
import { LabelTable } from "./LabelTable.ts"

/** Destinations and their bindings. */
export class DestinationTable<S extends string> extends LabelTable<S, Binding<S>, Destination<S>> {
  protected make(label: S): Destination<S> {
    return new Destination<S>(label)
  }

  /** Gives a living binding a new ttl; false when there is none. */
  renew(label: S, properties: S, endpointLabel: S, ttlMillis: number, nowMillis: number): boolean {
    const destination = this.labels.get(label)
    const known = destination?.find(properties, endpointLabel)
    if (destination === undefined || known === undefined) return false
    if (known.deadlineMillis <= nowMillis) {
      // It has expired, and was only not swept yet: a binding saved now is new, and comes last.
      this.drop(known)
      return false
    }
    destination.withhold(known)
    this.expiry.renew(known, ttlMillis, nowMillis)
    destination.offer(known)
    this.place(destination)
    return true
  }

  /** Saves a binding in what was reserved for it. */
  add(destination: Destination<S>, properties: S, endpointLabel: S, ttlMillis: number, nowMillis: number): void {
    const binding = new Binding<S>(destination, properties, endpointLabel)
    this.expiry.add(binding, ttlMillis, nowMillis)
    destination.add(binding)
    destination.offer(binding)
    this.place(destination)
  }

  first(label: S, nowMillis: number): Binding<S> | undefined {
    return this.#living(this.labels.get(label)?.first, nowMillis)
  }

  next(binding: Binding<S>, nowMillis: number): Binding<S> | undefined {
    return this.#living(binding.next, nowMillis)
  }

  drop(binding: Binding<S>): boolean {
    const destination = binding.holder
    this.expiry.remove(binding)
    destination.takeOut(binding)
    destination.withhold(binding)
    this.release(destination, binding.textBytes)
    return true
  }

  #living(from: Binding<S> | undefined, nowMillis: number): Binding<S> | undefined {
    let binding = from
    while (binding !== undefined && binding.deadlineMillis <= nowMillis) {
      const next: Binding<S> | undefined = binding.next
      this.drop(binding)
      binding = next
    }
    return binding
  }
}
