import { test } from "bun:test"
import { ConnectionStore } from "@scached/store"
import fc from "fast-check"
import { printSeed, seed } from "./Seed.ts"
import { bindingCommands, leaseCommands, limitCommands, storeCommands } from "./StoreCommands.ts"
import { StoreModel } from "./StoreModel.ts"

printSeed("ConnectionStore.model.test.ts")

const none = fc.constant(Number.POSITIVE_INFINITY)

// With 12, a destination has enough bindings to be looked up in a map; with 3, they make room for each other all the time.
const bindingsPerDestinationMax = fc.constantFrom(3, 12)

const withoutLimits = fc.record({
  connectionsMax: none,
  connectionsPerEndpointMax: none,
  bindingsMax: none,
  bindingsPerDestinationMax,
  textBytesMax: none
})

const withLimits = fc.record({
  connectionsMax: fc.oneof(none, fc.constantFrom(2, 4, 6, 9)),
  connectionsPerEndpointMax: fc.oneof(none, fc.constantFrom(1, 3, 5)),
  bindingsMax: fc.oneof(none, fc.constantFrom(3, 6, 10)),
  bindingsPerDestinationMax,
  textBytesMax: fc.oneof(none, fc.constantFrom(30, 60, 100, 250))
})

const limitOf = (bound: number) => (bound === Number.POSITIVE_INFINITY ? "unlimited" : bound)

const compare = (numRuns: number, scripts: ReturnType<typeof storeCommands>, limits = withoutLimits): void => {
  fc.assert(
    fc.property(limits, scripts, (bounds, commands) => {
      const setup = () => {
        const store = new ConnectionStore<number>({
          connectionsMax: limitOf(bounds.connectionsMax),
          connectionsPerEndpointMax: limitOf(bounds.connectionsPerEndpointMax),
          bindingsMax: limitOf(bounds.bindingsMax),
          bindingsPerDestinationMax: limitOf(bounds.bindingsPerDestinationMax),
          textBytesMax: limitOf(bounds.textBytesMax)
        })
        store.peekEndpoint("", 0)
        return {
          model: new StoreModel(bounds),
          real: { store, handles: new Map(), leases: new Map(), nowMillis: 0 }
        }
      }
      fc.modelRun(setup, commands)
    }),
    { seed, numRuns, includeErrorInReport: true }
  )
}

test("many short scripts do what the model does", () => compare(2000, storeCommands(30)))

test("some long scripts do what the model does", () => compare(100, storeCommands(500)))

test("with many leases it does what the model does", () => compare(200, leaseCommands(150)))

test("with many bindings it does what the model does", () => compare(200, bindingCommands(200)))

test("many short scripts that meet limits do what the model does", () => compare(2000, limitCommands(40), withLimits))

test("long scripts that meet limits do what the model does", () => compare(150, limitCommands(300), withLimits))
