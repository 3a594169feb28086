/**
 * What the descriptors of this process are shared out to.
 */
import { DescriptorLimits, type ProcessCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { ownDescriptors } from "../cache/CacheSettings.ts"

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

/** A client needs its socket, and at times room for a descriptor on its way to the cache. */
const perClient = 2

const within = (number: number, most: number): number => Math.max(1, Math.min(Math.floor(number), most))

/** Shares them out: of what is left, a quarter is the number of clients, and what those do not need is for connections. */
export const budgetOf = (descriptors: number): DescriptorBudget => {
  const room = descriptors - ownDescriptors
  const clients = within(room / 4, clientsMost)
  return { descriptors, clients, connections: within(room - perClient * clients, connectionsMost) }
}

/** How many descriptors so many clients and connections need. */
export const neededFor = (clients: number, connections: number): number =>
  ownDescriptors + perClient * clients + connections

/** Where the limit cannot be read: what most systems begin with. */
const usualLimit = 1_024

/** Raises the soft limit to the hard one, and shares out what that gives. */
export const raise: Effect.Effect<DescriptorBudget, never, ProcessCalls> = DescriptorLimits.raise.pipe(
  Effect.orElseSucceed(() => usualLimit),
  Effect.map(budgetOf)
)
