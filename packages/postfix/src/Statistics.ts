/**
 * The statistics lines of a connection cache, to the letter of scache(8): log tools parse them.
 */
import { timestamp } from "./internal/timestamp.ts"

/**
 * What happened since `begin`. Destinations are what scache(8) calls domains, endpoints what it calls addresses; the maxima are the most
 * that were kept at the same time.
 *
 * @category models
 */
export interface Statistics {
  /** When counting began; written in local time. */
  readonly begin: Date
  readonly destinationHits: number
  readonly destinationMisses: number
  readonly endpointHits: number
  readonly endpointMisses: number
  readonly destinationsMax: number
  readonly endpointsMax: number
  readonly connectionsMax: number
}

/** Whole percent, truncated; in integers, since 0.29 * 100 is less than 29. */
const lookupLine = (what: string, hits: number, misses: number): ReadonlyArray<string> => {
  if (hits + misses === 0) return []
  const percent = Math.floor((hits * 100) / (hits + misses))
  return [`statistics: ${what} lookup hits=${hits} miss=${misses} success=${percent}%`]
}

/**
 * The lines to log, without a severity word; none where nothing happened.
 *
 * @category formatting
 */
export const lines = (statistics: Statistics): ReadonlyArray<string> => {
  const { destinationsMax, endpointsMax, connectionsMax } = statistics
  const counted = [
    ...lookupLine("domain", statistics.destinationHits, statistics.destinationMisses),
    ...lookupLine("address", statistics.endpointHits, statistics.endpointMisses),
    ...(destinationsMax + endpointsMax + connectionsMax === 0
      ? []
      : [
          `statistics: max simultaneous domains=${destinationsMax} addresses=${endpointsMax} connection=${connectionsMax}`
        ])
  ]
  return counted.length === 0 ? [] : [`statistics: start interval ${timestamp(statistics.begin, " ")}`, ...counted]
}
