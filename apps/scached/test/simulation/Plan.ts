import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { Access } from "../../src/settings/Access.ts"
import type { CacheSettings } from "../../src/settings/CacheSettings.ts"
import { defaultCacheSettings } from "../support/defaultCacheSettings.ts"

type Random = SimulatedSystemCalls.SeededRandom

/** The run of one seed: all of it is drawn here. */
export interface Plan {
  readonly clients: number
  readonly arrivalMillis: number
  readonly callMillis: number
  readonly socketBufferBytes: number
  readonly settings: CacheSettings
  readonly endpoints: ReadonlyArray<string>
  readonly destinations: ReadonlyArray<string>
  /** Whether the daemon is interrupted in the middle, or when all is over. */
  readonly isAbrupt: boolean
  readonly isVerbose: boolean
}

/** A group whose members some daemons let in. */
export const memberGid = 77

const labels = (kind: string, count: number) =>
  // As Postfix has them: with newlines and 8-bit bytes.
  Array.from({ length: count }, (_, index) => `${kind}\n[192.0.2.${index}]\nm\xfcller\n*\n`)

/**
 * How many clients come. What goes wrong goes wrong among few of them: many small runs find more in the same time than few large ones,
 * which are needed all the same, for what only a crowd brings about.
 */
const drawClients = (random: Random): number => {
  const size = random.fraction()
  if (size < 0.75) return 3 + random.below(22)
  return size < 0.96 ? 25 + random.below(60) : 85 + random.below(215)
}

export const drawPlan = (random: Random): Plan => {
  const clients = drawClients(random)
  return {
    clients,
    arrivalMillis: random.pick([100, 30 * clients, 120 * clients]),
    callMillis: random.pick([0, 0, 0, 0.003]),
    socketBufferBytes: random.pick([4_096, 16_384, 212_992]),
    settings: {
      ...defaultCacheSettings,
      ttlSecondsMax: 1 + random.below(4),
      exchangeSecondsMax: 2 + random.below(6),
      idleSecondsMax: 0,
      requestBytesMax: random.pick([256, 1_024, 65_536]),
      connectionsMax: random.pick([100_000, 100_000, 12, 3]),
      connectionsPerEndpointMax: random.pick([1_000, 1_000, 4, 1]),
      bindingsMax: random.pick([100_000, 100_000, 100_000, 6, 2]),
      bindingsPerDestinationMax: random.pick([256, 256, 4, 2]),
      // A connection has some 45 bytes, a binding some 65.
      textBytesMax: random.chance(0.7) ? 67_108_864 : random.pick([900, 250, 100]),
      clientsMax: random.pick([10_000, 10_000, 10_000, Math.ceil(clients / 3), Math.ceil(clients / 12)]),
      watch: random.pick(["data", "data", "hangup", "off"]),
      access: new Access([0], random.chance(0.5) ? [memberGid] : [])
    },
    endpoints: labels("smtp", 1 + random.below(Math.min(10, 2 + clients / 8))),
    destinations: labels("dest", 1 + random.below(4)),
    isAbrupt: random.chance(0.3),
    isVerbose: random.chance(0.1)
  }
}
