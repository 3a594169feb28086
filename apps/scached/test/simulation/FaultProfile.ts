import type * as SimulatedSystemCalls from "@scached/fdpass/testing"

type Rates = NonNullable<SimulatedSystemCalls.FaultPlan["rates"]>

/** What goes wrong in a run, for the daemon and for its clients. */
export interface FaultProfile {
  readonly name: string
  readonly daemon: Rates
  readonly client: Rates
  /** How many descriptors the daemon may have; plenty unless given. */
  readonly descriptorsMax?: number
  /** How likely calls fail for which the simulated kernel has no faults: peek, peerCredentials, epollModify. */
  readonly oddRate?: number
}

const everything = (rate: number): Rates => ({
  interrupted: rate,
  notReady: rate,
  shortRead: 2 * rate,
  shortWrite: 2 * rate,
  "accept.processTableFull": rate / 4,
  "accept.systemTableFull": rate / 4,
  "epollCreate.processTableFull": rate / 4,
  "epollCreate.systemTableFull": rate / 4,
  "receive.processTableFull": rate / 4,
  "receive.systemTableFull": rate / 4,
  connectionAborted: rate / 2,
  noBuffers: rate / 4,
  tooManyReferences: rate / 4,
  connectionBroken: rate / 4,
  noMemory: rate / 4,
  watchLimit: rate / 4,
  noThread: rate / 4,
  late: 2 * rate
})

// A client finds out by trying whether there is something to read: "nothing yet" by chance would make it miss its moment.
const clientRates = (rate: number): Rates => ({
  interrupted: rate,
  "send.notReady": rate,
  "sendDescriptor.notReady": rate,
  shortRead: 2 * rate,
  shortWrite: 2 * rate,
  connectionBroken: rate / 8
})

const singles: ReadonlyArray<Rates> = [
  { interrupted: 0.2 },
  { notReady: 0.2 },
  { shortRead: 0.5, shortWrite: 0.5 },
  { "accept.processTableFull": 0.1, "accept.systemTableFull": 0.1 },
  { "receive.processTableFull": 0.1, "receive.systemTableFull": 0.1 },
  { connectionAborted: 0.1 },
  { noBuffers: 0.05 },
  { tooManyReferences: 0.15 },
  { connectionBroken: 0.05 },
  { noMemory: 0.1, watchLimit: 0.1 },
  { noThread: 0.2, late: 0.5 },
  { "sendDescriptor.notReady": 0.6, "send.notReady": 0.3 }
]

/** Every profile that a seed may get; each is drawn by the seed's remainder, so that neighbouring seeds have different ones. */
export const profiles: ReadonlyArray<FaultProfile> = [
  { name: "no faults", daemon: {}, client: {} },
  { name: "light", daemon: everything(0.01), client: clientRates(0.01) },
  { name: "heavy", daemon: everything(0.08), client: clientRates(0.1), oddRate: 0.03 },
  { name: "short reads and writes of clients", daemon: {}, client: clientRates(0.3) },
  { name: "few descriptors", daemon: everything(0.005), client: {}, descriptorsMax: 40 },
  { name: "odd calls", daemon: {}, client: {}, oddRate: 0.1 },
  ...singles.map((daemon) => ({ name: `only ${Object.keys(daemon).join(" and ")}`, daemon, client: {} }))
]

export const profileOf = (seed: number): FaultProfile => {
  const profile = profiles[seed % profiles.length]
  if (profile === undefined) throw new RangeError(`a seed is a whole number from 0, not ${seed}`)
  return profile
}
