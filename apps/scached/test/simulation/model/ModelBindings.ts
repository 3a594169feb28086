/** What leads from a destination to an endpoint, as somebody asks for it. */
export interface BindingRequest {
  readonly label: string
  readonly properties: string
  readonly endpointLabel: string
}

/** A binding that was saved, and lives. */
export interface ModelBinding extends BindingRequest {
  readonly textBytes: number
  deadlineMillis: number
  /** Counts up with each save and each renewal. */
  order: number
}

/** How much text a binding has. */
export const textBytesOf = ({ endpointLabel, label, properties }: BindingRequest): number =>
  label.length + properties.length + endpointLabel.length

/** All bindings that live, in the order of saving. */
export class ModelBindings {
  #list: ReadonlyArray<ModelBinding> = []
  #order = 0

  /** Those that live at this moment. */
  living(nowMillis: number): ReadonlyArray<ModelBinding> {
    this.#list = this.#list.filter(({ deadlineMillis }) => deadlineMillis > nowMillis)
    return this.#list
  }

  /** One that a save would only renew. */
  known({ endpointLabel, label, properties }: BindingRequest, nowMillis: number): ModelBinding | undefined {
    return this.living(nowMillis).find(
      (each) => each.label === label && each.properties === properties && each.endpointLabel === endpointLabel
    )
  }

  save(request: BindingRequest, deadlineMillis: number, nowMillis: number): void {
    const known = this.known(request, nowMillis)
    const order = this.#order++
    if (known !== undefined) Object.assign(known, { deadlineMillis, order })
    else {
      const { endpointLabel, label, properties } = request
      const textBytes = textBytesOf(request)
      this.#list = [...this.#list, { label, properties, endpointLabel, textBytes, deadlineMillis, order }]
    }
  }

  remove(binding: ModelBinding): void {
    this.#list = this.#list.filter((each) => each !== binding)
  }

  /** Of one destination's bindings to an endpoint the one that goes first. */
  firstLike({ endpointLabel, label }: Omit<BindingRequest, "properties">): ModelBinding | undefined {
    return this.#list
      .filter((each) => each.label === label && each.endpointLabel === endpointLabel)
      .sort((one, other) => one.deadlineMillis - other.deadlineMillis || one.order - other.order)[0]
  }

  /** When the first of them expires. */
  dueMillis(nowMillis: number): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.living(nowMillis).map(({ deadlineMillis }) => deadlineMillis))
  }
}
