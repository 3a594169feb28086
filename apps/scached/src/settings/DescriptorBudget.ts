/**
 * What the descriptors of this process are shared out to.
 */
import { DescriptorLimits, type ProcessCalls } from "@scached/daemon"
import { Effect } from "effect"
import { ownDescriptors, perClient } from "./CacheSettings.ts"

/** More than that many clients or connections are not planned for by themselves. */
const clientsMost = 10_000
const connectionsMost = 100_000

/** How many there may be of each. */
export interface DescriptorBudget {
  /** RLIMIT_NOFILE. */
  readonly descriptors: number
  readonly clients: number
  readonly connections: number
}

const within = (number: number, most: number): number => Math.max(1, Math.min(Math.floor(number), most))

/**
 * Plans for more than there is: what the clients of the moment do not need is for connections, and clients go before connections. So few
 * clients leave seven eighths to the cache, and seven sixteenths of the descriptors are places for clients.
 */
export const budgetOf = (descriptors: number): DescriptorBudget => {
  const room = descriptors - ownDescriptors
  return {
    descriptors,
    clients: within((room * 7) / 16, clientsMost),
    connections: within((room * 7) / 8, connectionsMost)
  }
}

/** How many descriptors it takes that so many clients can be served, and so many connections cached while few clients are. */
export const neededFor = (clients: number, connections: number): number =>
  ownDescriptors + Math.max(perClient * clients + 1, connections + perClient)

/** Where the limit cannot be read: what most systems begin with. */
const usualLimit = 1_024

/** Raises the soft limit to the hard one, and shares out what that gives. */
export const raise: Effect.Effect<DescriptorBudget, never, ProcessCalls> = DescriptorLimits.raise.pipe(
  Effect.orElseSucceed(() => usualLimit),
  Effect.map(budgetOf)
)
