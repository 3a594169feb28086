import { type CachedConnection, ConnectionStore } from "@scached/store"
import { CacheStatistics } from "../../../src/cache/CacheStatistics.ts"
import { ConnectionCache } from "../../../src/cache/ConnectionCache.ts"
import { type PlantedBug, patch, unchanged } from "./planting.ts"

/** Bugs that the simulation must find, in what happens where something is full. */
export const plantedLimitBugs: ReadonlyArray<PlantedBug> = [
  {
    name: "the limit on connections is not kept",
    found: /one too many|another reason/,
    plant: () => ({
      sabotage: { settings: { connectionsMax: 100_000, connectionsPerEndpointMax: 100_000 } },
      restore: unchanged
    })
  },
  {
    name: "a full cache refuses whoever comes",
    found: /was not saved/,
    plant: () =>
      patch(
        ConnectionCache.prototype,
        "saveEndpoint",
        (original) =>
          function (this: ConnectionCache, label, properties, descriptor, ttlSeconds) {
            if (this.sizes.connections + this.sizes.leases < 3) {
              return original.call(this, label, properties, descriptor, ttlSeconds)
            }
            descriptor.close()
            return false
          }
      )
  },
  {
    name: "the newest connection makes room, whosever it is",
    found: /not its turn|one too many/,
    plant: () => {
      const latest = new WeakMap<object, CachedConnection<unknown>>()
      return patch(
        ConnectionStore.prototype,
        "saveEndpoint",
        (original) =>
          function (this: ConnectionStore<unknown>, label, properties, value, ttlMillis, nowMillis) {
            const newest = latest.get(this)
            const isFull = this.sizes.connections + this.sizes.leases >= Number(this.limits.connectionsMax)
            const evicted = isFull && newest !== undefined && this.remove(newest) ? [newest] : []
            const saved = original.call(this, label, properties, value, ttlMillis, nowMillis)
            if (saved._tag === "Saved") latest.set(this, saved.connection)
            const victims = evicted.map(
              (connection) => ({ _tag: "EvictedConnection", cause: "connectionsMax", connection }) as const
            )
            return { ...saved, evicted: [...saved.evicted, ...victims] }
          }
      )
    }
  },
  {
    name: "a save that is refused is told to have succeeded",
    found: /must have made/,
    plant: () =>
      patch(
        ConnectionCache.prototype,
        "saveEndpoint",
        (original) =>
          function (this: ConnectionCache, label, properties, descriptor, ttlSeconds) {
            original.call(this, label, properties, descriptor, ttlSeconds)
            return true
          }
      )
  },
  {
    name: "the limit on bindings is not kept",
    found: /one too many|another reason/,
    plant: () => ({
      sabotage: { settings: { bindingsMax: 100_000, bindingsPerDestinationMax: 100_000 } },
      restore: unchanged
    })
  },
  {
    name: "the limit on text is not kept",
    found: /one too many/,
    plant: () => ({ sabotage: { settings: { textBytesMax: 67_108_864 } }, restore: unchanged })
  },
  {
    name: "a binding that is refused is told to have succeeded",
    found: /must have made/,
    plant: () =>
      patch(
        ConnectionCache.prototype,
        "saveDestination",
        (original) =>
          function (this: ConnectionCache, label, properties, endpointLabel, ttlSeconds) {
            original.call(this, label, properties, endpointLabel, ttlSeconds)
            return true
          }
      )
  },
  {
    name: "a connection that makes room for a binding is forgotten",
    found: /one too many|has \d+ connections and/,
    plant: () =>
      patch(
        ConnectionStore.prototype,
        "saveDestination",
        (original) =>
          function (this: ConnectionStore<unknown>, ...args) {
            const outcome = original.apply(this, args)
            return { ...outcome, evicted: outcome.evicted.filter(({ _tag }) => _tag === "EvictedBinding") }
          }
      )
  },
  {
    name: "bindings that make room are not counted",
    found: /statistics say/,
    plant: () =>
      patch(
        CacheStatistics.prototype,
        "count",
        (original) =>
          function (this: CacheStatistics, counter, times) {
            if (counter !== "evictedBindings") original.call(this, counter, times)
          }
      )
  },
  {
    name: "a full cache takes from whoever has the least",
    found: /not its turn/,
    plant: () => {
      const saved = new WeakMap<object, Array<CachedConnection<unknown>>>()
      return patch(
        ConnectionStore.prototype,
        "saveEndpoint",
        (original) =>
          function (this: ConnectionStore<unknown>, label, properties, value, ttlMillis, nowMillis) {
            const known = saved.get(this) ?? []
            saved.set(this, known)
            const isFull = this.sizes.connections + this.sizes.leases >= Number(this.limits.connectionsMax)
            const holds = (each: CachedConnection<unknown>) =>
              known.filter(({ endpointLabel }) => endpointLabel === each.endpointLabel).length
            const victim = isFull
              ? known.sort((one, other) => holds(one) - holds(other)).find((each) => this.remove(each))
              : undefined
            const outcome = original.call(this, label, properties, value, ttlMillis, nowMillis)
            if (outcome._tag === "Saved") known.push(outcome.connection)
            if (victim === undefined) return outcome
            const evicted = { _tag: "EvictedConnection", cause: "connectionsMax", connection: victim } as const
            return { ...outcome, evicted: [evicted, ...outcome.evicted] }
          }
      )
    }
  }
]
