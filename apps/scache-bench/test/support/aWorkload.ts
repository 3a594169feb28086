import type { Workload } from "../../src/workload/Workload.ts"

/** A small workload, with what a test cares about changed. */
export const aWorkload = (changes: Partial<Workload> = {}): Workload => ({
  clients: 2,
  mix: { _tag: "Cycle" },
  endpoints: 16,
  destinations: 16,
  popularity: { _tag: "Uniform" },
  propertyBytesMin: 32,
  propertyBytesMax: 32,
  ttlSeconds: 600,
  cached: 0,
  cachedApart: false,
  connections: 64,
  seed: 1,
  ...changes
})
