/**
 * Which destination is bound to which endpoints, fixed for a run: with more endpoints than destinations each endpoint belongs to one
 * destination, otherwise each destination has one endpoint. Either way a binding has one number: that of the side there is more of.
 */
export class Topology {
  readonly endpoints: number
  readonly destinations: number
  /** Whether a binding's number is its endpoint's. */
  readonly #byEndpoint: boolean

  constructor(endpoints: number, destinations: number) {
    this.endpoints = endpoints
    this.destinations = destinations
    this.#byEndpoint = endpoints >= destinations
  }

  get bindings(): number {
    return Math.max(this.endpoints, this.destinations)
  }

  endpointOf(binding: number): number {
    return this.#byEndpoint ? binding : binding % this.endpoints
  }

  destinationOf(binding: number): number {
    return this.#byEndpoint ? binding % this.destinations : binding
  }

  /** Bindings of a destination. */
  bindingsOfDestination(destination: number): number {
    if (!this.#byEndpoint) return 1
    return Math.ceil((this.endpoints - destination) / this.destinations)
  }

  /** The binding of a destination with that place among its own. */
  bindingOfDestination(destination: number, place: number): number {
    return this.#byEndpoint ? destination + place * this.destinations : destination
  }

  /** Bindings of an endpoint. */
  bindingsOfEndpoint(endpoint: number): number {
    return this.#byEndpoint ? 1 : Math.ceil((this.destinations - endpoint) / this.endpoints)
  }

  /** The binding of an endpoint with that place among its own. */
  bindingOfEndpoint(endpoint: number, place: number): number {
    return this.#byEndpoint ? endpoint : endpoint + place * this.endpoints
  }

  /** The binding between the two, -1 if there is none. */
  bindingBetween(destination: number, endpoint: number): number {
    const binding = this.#byEndpoint ? endpoint : destination
    return this.endpointOf(binding) === endpoint && this.destinationOf(binding) === destination ? binding : -1
  }
}
