/** A cache so simple that it is plainly right: arrays that are searched from the front. Nothing expires in it. */

/** A connection that is cached. */
export interface Kept {
  readonly id: string
  readonly properties: string
  readonly label: string
  /** Counts up: the order of saving, which a connection keeps when it is put back. */
  readonly order: number
}

/** What a find gives. */
export interface Taken {
  readonly kept: Kept
  readonly destinationProperties: string
}

interface Binding {
  readonly destination: string
  readonly properties: string
  readonly endpoint: string
}

/** See the module. */
export class ReferenceStore {
  readonly #kept: Array<Kept> = []
  readonly #bindings: Array<Binding> = []
  #saved = 0

  save(label: string, properties: string, id: string): void {
    this.#kept.push({ label, properties, id, order: this.#saved++ })
  }

  bind(destination: string, properties: string, endpoint: string): void {
    const isSame = (each: Binding) =>
      each.destination === destination && each.properties === properties && each.endpoint === endpoint
    if (!this.#bindings.some(isSame)) this.#bindings.push({ destination, properties, endpoint })
  }

  takeEndpoint(label: string): Taken | undefined {
    const index = this.#kept.findIndex((each) => each.label === label)
    const [kept] = index < 0 ? [] : this.#kept.splice(index, 1)
    return kept === undefined ? undefined : { kept, destinationProperties: "" }
  }

  takeDestination(label: string): Taken | undefined {
    for (const binding of this.#bindings.filter((each) => each.destination === label)) {
      const taken = this.takeEndpoint(binding.endpoint)
      if (taken !== undefined) return { kept: taken.kept, destinationProperties: binding.properties }
    }
    return undefined
  }

  putBack(kept: Kept): void {
    this.#kept.push(kept)
    this.#kept.sort((a, b) => a.order - b.order)
  }

  /** All that is cached, in the order of saving. */
  get kept(): ReadonlyArray<Kept> {
    return this.#kept
  }
}
