import type { Expiring, ExpiryLane } from "../ExpiryIndex.ts"
import type { Destination } from "./Destination.ts"
import { hashOfText } from "./hash.ts"

/** One endpoint of a destination; in the order of first save, in the order of renewal, and in the expiry index. */
export class Binding<S extends string> implements Expiring<Binding<S>> {
  readonly destination: Destination<S>
  readonly properties: S
  readonly endpointLabel: S
  // A walk over a thousand bindings looks up as many endpoints: hashing each label again would take most of its time.
  readonly endpointHash: number
  deadlineMillis: number
  order: number
  lane: ExpiryLane<Binding<S>> | undefined
  earlier: Binding<S> | undefined
  later: Binding<S> | undefined
  previous: Binding<S> | undefined
  next: Binding<S> | undefined
  staler: Binding<S> | undefined
  fresher: Binding<S> | undefined

  constructor(destination: Destination<S>, properties: S, endpointLabel: S) {
    this.destination = destination
    this.properties = properties
    this.endpointLabel = endpointLabel
    this.endpointHash = hashOfText(endpointLabel)
    this.deadlineMillis = 0
    this.order = 0
    this.lane = undefined
    this.earlier = undefined
    this.later = undefined
    this.previous = undefined
    this.next = undefined
    this.staler = undefined
    this.fresher = undefined
  }
}
