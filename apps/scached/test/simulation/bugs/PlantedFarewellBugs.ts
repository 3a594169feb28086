import { FarewellSession } from "@scached/farewell"
import { CachedDescriptor } from "../../../src/cache/CachedDescriptor.ts"
import { Departure } from "../../../src/cache/farewell/Departure.ts"
import { FarewellKeeper } from "../../../src/cache/farewell/FarewellKeeper.ts"
import { type PlantedBug, patch } from "./planting.ts"

/** Bugs that the simulation must find, in how connections are said farewell on. */
export const plantedFarewellBugs: ReadonlyArray<PlantedBug> = [
  {
    name: "farewell is said on a connection that a client may have",
    found: /that a client was sent/,
    plant: () => patch(CachedDescriptor.prototype, "silence", () => () => {})
  },
  {
    name: "farewell is said again",
    found: /said twice/,
    plant: () => {
      const repeated = new WeakSet<FarewellSession>()
      return patch(
        FarewellSession.prototype,
        "said",
        (original) =>
          function (this: FarewellSession, octets) {
            if (repeated.has(this)) return original.call(this, octets)
            repeated.add(this)
            return { _tag: "Say", octets: this.farewell.octets }
          }
      )
    }
  },
  {
    name: "farewell is waited for without an end",
    found: /is leaving since/,
    plant: () => ({
      sabotage: { settings: { farewellSecondsMax: 1_000_000 } },
      restore: () => {}
    })
  },
  {
    name: "a connection that takes no farewell is forgotten",
    found: /not closed|descriptors are open/,
    plant: () =>
      patch(
        FarewellKeeper.prototype,
        "take",
        (original) =>
          function (this: FarewellKeeper, cached, label) {
            const isTaken = original.call(this, cached, label)
            return isTaken || cached.parting === "silent"
          }
      )
  },
  {
    name: "the descriptor is closed while its words are being written",
    found: /used descriptor|did not own|no longer owned|closed before/,
    plant: () =>
      patch(
        Departure.prototype,
        "start",
        (original) =>
          function (this: Departure) {
            original.call(this)
            if (this.descriptor.isOwned) this.descriptor.close()
          }
      )
  }
]
