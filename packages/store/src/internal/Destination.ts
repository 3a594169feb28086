import type { Binding } from "./Binding.ts"
import { Crowd } from "./Crowd.ts"
import { Holder } from "./Holder.ts"

// Most destinations have a handful of bindings: comparing them all is faster than a map, and a map costs more memory than they do.
const scannedBindingsMax = 8

/** Several bindings of one destination. */
export class BindingCrowd<S extends string> extends Crowd<Binding<S>> {
  byPair: Map<string, Binding<S>> | undefined = undefined
}

/** The bindings of one destination, in the order of first save. */
export class Destination<S extends string> extends Holder<S, Binding<S>, Destination<S>, BindingCrowd<S>> {
  protected makeCrowd(only: Binding<S> | undefined): BindingCrowd<S> {
    return new BindingCrowd<S>(only)
  }

  find(properties: S, endpointLabel: S): Binding<S> | undefined {
    const byPair = this.crowd?.byPair
    if (byPair !== undefined) return byPair.get(pairKey(properties, endpointLabel))
    let binding = this.first
    while (binding !== undefined && (binding.endpointLabel !== endpointLabel || binding.properties !== properties)) {
      binding = binding.next
    }
    return binding
  }

  /** Adds one that has been counted already. */
  add(binding: Binding<S>): void {
    this.append(binding)
    const { crowd } = this
    if (crowd === undefined) return
    if (crowd.byPair !== undefined) crowd.byPair.set(pairKey(binding.properties, binding.endpointLabel), binding)
    else if (crowd.held > scannedBindingsMax) crowd.byPair = this.#mapPairs()
  }

  takeOut(binding: Binding<S>): void {
    this.unlink(binding)
    const { crowd } = this
    if (crowd?.byPair === undefined) return
    crowd.byPair.delete(pairKey(binding.properties, binding.endpointLabel))
    // Half of what made it: a destination whose size goes up and down by one does not rebuild its map each time.
    if (crowd.held <= scannedBindingsMax / 2) crowd.byPair = undefined
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
