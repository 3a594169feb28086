import type { Limit, LimitName, StoreLimits } from "../StoreLimits.ts"
import { checkLimit } from "./checks.ts"

/** Limits as numbers: one that does not exist is infinite, so that comparing needs no question. */
export type Bounds = Readonly<Record<LimitName, number>>

const boundOf = (name: LimitName, limit: Limit): number => {
  if (limit === "unlimited") return Number.POSITIVE_INFINITY
  checkLimit(name, limit)
  return limit
}

export const boundsOf = (limits: StoreLimits): Bounds => ({
  connectionsMax: boundOf("connectionsMax", limits.connectionsMax),
  connectionsPerEndpointMax: boundOf("connectionsPerEndpointMax", limits.connectionsPerEndpointMax),
  bindingsMax: boundOf("bindingsMax", limits.bindingsMax),
  bindingsPerDestinationMax: boundOf("bindingsPerDestinationMax", limits.bindingsPerDestinationMax),
  textBytesMax: boundOf("textBytesMax", limits.textBytesMax)
})
