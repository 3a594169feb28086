import { type FarewellResult, farewellResults } from "@scached/farewell"

/** How often farewells of one protocol ended in each way. */
export type ResultCounts = Readonly<Partial<Record<FarewellResult, number>>>

/** Counts farewells by their protocol and their result. */
export class FarewellCounts {
  readonly #counts = new Map<string, Partial<Record<FarewellResult, number>>>()

  count(protocol: string, result: FarewellResult): void {
    const counts = this.#counts.get(protocol) ?? {}
    counts[result] = (counts[result] ?? 0) + 1
    this.#counts.set(protocol, counts)
  }

  /** By protocol: those that occurred. */
  copy(): ReadonlyMap<string, ResultCounts> {
    return new Map([...this.#counts].map(([protocol, counts]) => [protocol, { ...counts }]))
  }

  /** `farewell_smtp_ended` and so on, as programs read them. */
  byName(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#counts].flatMap(([protocol, counts]) =>
        Object.entries(counts).map(([result, count]) => [`farewell_${protocol}_${result}`, count])
      )
    )
  }

  /** What has come since a copy, a line for each protocol: `counters: farewells smtp ended=98 late=2`. */
  linesSince(before: ReadonlyMap<string, ResultCounts>): ReadonlyArray<string> {
    return [...this.#counts].flatMap(([protocol, counts]) => {
      const words = farewellResults.flatMap((result) => {
        const since = (counts[result] ?? 0) - (before.get(protocol)?.[result] ?? 0)
        return since === 0 ? [] : [`${result}=${since}`]
      })
      return words.length === 0 ? [] : [`counters: farewells ${protocol} ${words.join(" ")}`]
    })
  }
}
