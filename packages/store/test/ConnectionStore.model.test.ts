import { test } from "bun:test"
import { ConnectionStore } from "@scached/store"
import fc from "fast-check"
import { printSeed, seed } from "./Seed.ts"
import { bindingCommands, leaseCommands, storeCommands } from "./StoreCommands.ts"
import { StoreModel } from "./StoreModel.ts"

printSeed("ConnectionStore.model.test.ts")

// With 12, a destination has enough bindings to be looked up in a map; with 3, they make room for each other all the time.
const bindingsMaxima = fc.constantFrom(3, 12)

const compare = (numRuns: number, scripts: ReturnType<typeof storeCommands>): void => {
  fc.assert(
    fc.property(bindingsMaxima, scripts, (bindingsMax, commands) => {
      const setup = () => {
        const store = new ConnectionStore<number>({ bindingsPerDestinationMax: bindingsMax })
        store.peekEndpoint("", 0)
        return {
          model: new StoreModel(bindingsMax),
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
