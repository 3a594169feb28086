import { CachedDescriptor } from "../../../src/cache/CachedDescriptor.ts"
import { ConnectionCache } from "../../../src/cache/ConnectionCache.ts"
import { forgetStrays, type Planted, patch } from "../bugs/planting.ts"

/** Leaks that a walk must find. */
export const plantedLeaks: ReadonlyArray<{ readonly name: string; readonly plant: () => Planted }> = [
  {
    name: "what the cache lets go of stays open",
    plant: () =>
      patch(
        CachedDescriptor.prototype,
        "close",
        () =>
          function (this: CachedDescriptor) {
            this.stopWatching()
          }
      )
  },
  {
    name: "what was handed over stays open here too",
    plant: () =>
      patch(
        ConnectionCache.prototype,
        "settle",
        () =>
          function (this: ConnectionCache, found) {
            found.lease.commit()
            this.statistics.count("handedOver")
          }
      )
  },
  {
    name: "a stray descriptor stays open",
    plant: forgetStrays
  },
  {
    name: "what a client that leaves was being handed is closed",
    plant: () =>
      patch(
        ConnectionCache.prototype,
        "putBack",
        () =>
          function (this: ConnectionCache, { lease }) {
            lease.value.close()
          }
      )
  }
]
