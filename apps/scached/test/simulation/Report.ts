/** The daemon did something else than the model, or left something undone. */
export class SimulationFailure extends Error {
  override readonly name = "SimulationFailure"
  /** The simulated machine at that moment. */
  readonly machine: string

  constructor(message: string, machine: string) {
    super(message)
    this.machine = machine
  }
}

const linesMax = 80

/** A description of the machine without the dead and without what clients have open. */
export const shorten = (description: string, daemon: string): string => {
  const lines: Array<string> = []
  let isDaemon = true
  for (const line of description.split("\n")) {
    if (/^\S.*: (dead|\d+ descriptors)$/.test(line)) {
      isDaemon = line.startsWith(`${daemon}: `)
      if (isDaemon) lines.push(line)
    } else if (isDaemon || / ms /.test(line)) lines.push(line)
  }
  return lines.length <= linesMax
    ? lines.join("\n")
    : [...lines.slice(0, 30), "  ...", ...lines.slice(31 - linesMax)].join("\n")
}

/** What the runs of many seeds amount to. */
export class Totals {
  seeds = 0
  clients = 0
  requests = 0
  hits = 0
  handedOver = 0
  putBack = 0
  expired = 0
  evicted = 0
  bindingsEvicted = 0
  refused = 0
  dead = 0
  strangers = 0
  passed = 0
  received = 0
  systemCalls = 0
  virtualMillis = 0
  /** The daemon's, by keys such as `receive.notReady`. */
  readonly faults = new Map<string, number>()
  /** The daemon's system calls. */
  readonly calls = new Map<string, number>()

  add(other: Partial<Record<keyof Totals, unknown>> & Totals): void {
    for (const key of numericKeys) this[key] += other[key]
    for (const [fault, count] of other.faults) this.faults.set(fault, (this.faults.get(fault) ?? 0) + count)
    for (const [call, count] of other.calls) this.calls.set(call, (this.calls.get(call) ?? 0) + count)
  }

  toString(): string {
    const faults = [...this.faults].sort(([one], [other]) => one.localeCompare(other))
    return (
      `${this.seeds} seeds, ${this.clients} clients, ${this.requests} requests, ${this.hits} hits, ` +
      `${this.handedOver} handed over, ${this.putBack} put back, ${this.expired} expired, ` +
      `${this.evicted} connections and ${this.bindingsEvicted} bindings evicted, ${this.refused} refused, ${this.dead} dead, ${this.strangers} strangers, ` +
      `${this.passed} descriptors passed and ${this.received} received, ${this.systemCalls} system calls, ` +
      `${Math.round(this.virtualMillis / 1000)} s of virtual time; faults of the daemon's calls: ` +
      faults.map(([fault, count]) => `${fault} ${count}`).join(", ")
    )
  }
}

const numericKeys = [
  "seeds",
  "clients",
  "requests",
  "hits",
  "handedOver",
  "putBack",
  "expired",
  "evicted",
  "bindingsEvicted",
  "refused",
  "dead",
  "strangers",
  "passed",
  "received",
  "systemCalls",
  "virtualMillis"
] as const
