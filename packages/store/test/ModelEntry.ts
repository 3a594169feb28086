/** What the model keeps, and in which order it expires. */

export type Kind = "connection" | "binding"

export interface ModelEntry {
  readonly kind: Kind
  readonly label: string
  /** Its name in reports: the number that is cached, or the endpoint that is bound. */
  readonly name: string
  readonly properties: string
  readonly textBytes: number
  deadlineMillis: number
  /** The order among equal deadlines: that of saving, or of renewal. */
  order: number
  place: "store" | "leased" | "late" | "gone"
}

export interface ModelOutcome {
  readonly refused: string | undefined
  readonly evicted: ReadonlyArray<string>
}

/** By deadline. */
export const inOrder = <E extends ModelEntry>(entries: ReadonlyArray<E>): ReadonlyArray<E> =>
  [...entries].sort((left, right) => left.deadlineMillis - right.deadlineMillis || left.order - right.order)
