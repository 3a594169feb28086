import { RequestKind } from "./RequestKind.ts"
import { SeededRandom } from "./SeededRandom.ts"
import type { Topology } from "./Topology.ts"
import { WeightedChoice } from "./WeightedChoice.ts"
import type { Workload } from "./Workload.ts"

/** What the sequences of all clients share: tables that are the same for each. */
export interface Choices {
  readonly endpoint: WeightedChoice
  readonly destination: WeightedChoice
  readonly kind: WeightedChoice | undefined
}

/** Makes the tables of a workload. */
export const choicesOf = ({ popularity, endpoints, destinations, mix }: Workload): Choices => ({
  endpoint: WeightedChoice.ofPopularity(popularity, endpoints),
  destination: WeightedChoice.ofPopularity(popularity, destinations),
  kind: mix._tag === "Weights" ? new WeightedChoice(mix.weights) : undefined
})

/**
 * The requests of one client, one after the other. They follow from the workload's seed and the client's number alone, whatever the
 * server answers and however fast.
 *
 * `next` writes to the fields instead of making an object: it runs once an operation.
 */
export class RequestSequence {
  kind = 0
  endpoint = 0
  destination = 0
  /** The binding that a save_dest saves. */
  binding = 0
  readonly #random: SeededRandom
  readonly #choices: Choices
  readonly #topology: Topology
  #step = 0

  constructor(choices: Choices, topology: Topology, seed: number, client: number) {
    this.#choices = choices
    this.#topology = topology
    this.#random = new SeededRandom(seed, client)
  }

  next(): void {
    if (this.#choices.kind === undefined) this.#nextOfCycle()
    else this.#nextByWeight(this.#choices.kind)
  }

  #nextOfCycle(): void {
    const step = this.#step
    this.#step = step === 2 ? 0 : step + 1
    if (step === 1) {
      this.kind = RequestKind.saveDestination
      return
    }
    if (step === 2) {
      this.kind = RequestKind.findDestination
      return
    }
    this.kind = RequestKind.saveEndpoint
    this.endpoint = this.#choices.endpoint.draw(this.#random)
    const places = this.#topology.bindingsOfEndpoint(this.endpoint)
    const place = places > 1 ? this.#random.below(places) : 0
    this.binding = this.#topology.bindingOfEndpoint(this.endpoint, place)
    this.destination = this.#topology.destinationOf(this.binding)
  }

  #nextByWeight(kinds: WeightedChoice): void {
    this.kind = kinds.draw(this.#random)
    if (this.kind === RequestKind.saveEndpoint || this.kind === RequestKind.findEndpoint) {
      this.endpoint = this.#choices.endpoint.draw(this.#random)
      return
    }
    this.destination = this.#choices.destination.draw(this.#random)
    if (this.kind === RequestKind.findDestination) return
    const places = this.#topology.bindingsOfDestination(this.destination)
    this.binding = this.#topology.bindingOfDestination(this.destination, places > 1 ? this.#random.below(places) : 0)
    this.endpoint = this.#topology.endpointOf(this.binding)
  }
}
