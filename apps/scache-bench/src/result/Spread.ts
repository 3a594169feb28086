/** The same thing measured in several rounds. */
export interface Spread {
  readonly perRound: ReadonlyArray<number>
  readonly median: number
  readonly minimum: number
  readonly maximum: number
}

/** The value in the middle; between two of them, their mean. */
const medianOf = (sorted: ReadonlyArray<number>): number => {
  const upper = Math.floor(sorted.length / 2)
  const lower = Math.ceil(sorted.length / 2) - 1
  return ((sorted[lower] ?? Number.NaN) + (sorted[upper] ?? Number.NaN)) / 2
}

/** Median and range; undefined without values. */
export const spreadOf = (perRound: ReadonlyArray<number>): Spread | undefined => {
  const sorted = [...perRound].sort((left, right) => left - right)
  const [minimum] = sorted
  const maximum = sorted.at(-1)
  return minimum === undefined || maximum === undefined
    ? undefined
    : { perRound, median: medianOf(sorted), minimum, maximum }
}
