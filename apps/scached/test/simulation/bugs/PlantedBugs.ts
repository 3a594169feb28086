/**
 * Bugs that the simulation must find.
 */
import { Readiness, type SystemCallsShape } from "@scached/fdpass"
import { ServerSession } from "@scached/protocol"
import { Acceptor, EventLoop, IdleWatcher } from "@scached/reactor"
import { ConnectionStore, type Lease } from "@scached/store"
import { CachedDescriptor } from "../../../src/cache/CachedDescriptor.ts"
import { ConnectionCache } from "../../../src/cache/ConnectionCache.ts"
import { Client } from "../../../src/cache/clients/Client.ts"
import { plantedBatchBugs } from "./PlantedBatchBugs.ts"
import { plantedFarewellBugs } from "./PlantedFarewellBugs.ts"
import { plantedLimitBugs } from "./PlantedLimitBugs.ts"
import { forgetStrays, onMachine, type PlantedBug, patch, unchanged } from "./planting.ts"

const bugs: ReadonlyArray<PlantedBug> = [
  {
    name: "a connection whose hand-over failed is closed",
    found: /closed before its time|has \d+ connections and/,
    plant: () =>
      patch(
        ConnectionCache.prototype,
        "putBack",
        () =>
          function (this: ConnectionCache, found) {
            this.settle(found)
          }
      )
  },
  {
    name: "a connection whose hand-over failed stays leased for ever",
    found: /has \d+ connections and/,
    plant: () => patch(ConnectionCache.prototype, "putBack", () => unchanged)
  },
  {
    name: "a connection is put back as the newest",
    found: /must have (sent|made|been)/,
    plant: () => {
      let order = 1_000_000_000
      return patch(
        ConnectionCache.prototype,
        "putBack",
        (original) =>
          function (this: ConnectionCache, found) {
            Object.assign(found.lease.connection, { order: order++ })
            original.call(this, found)
          }
      )
    }
  },
  {
    name: "what expires is not closed",
    found: /not closed although expired/,
    plant: () =>
      patch(
        ConnectionStore.prototype,
        "expire",
        (original) =>
          function (this: ConnectionStore<unknown>, ...args) {
            original.apply(this, args)
            return []
          }
      )
  },
  {
    name: "a handed over descriptor is closed twice",
    found: /did not own/,
    plant: () =>
      onMachine((machine) =>
        patch(
          ConnectionCache.prototype,
          "settle",
          (original) =>
            function (this: ConnectionCache, found) {
              const { daemon } = machine()
              const copy = daemon.calls.adopt(daemon.inspect(found.lease.value.descriptor).number)
              original.call(this, found)
              copy.close()
            }
        )
      )
  },
  {
    name: "the ttl is not clamped",
    found: /not closed|asleep until|must have made/,
    plant: () => ({ sabotage: { settings: { ttlSecondsMax: 2_147_483_647 } }, restore: unchanged })
  },
  {
    name: "a reply has other properties",
    found: /must have (sent|made)/,
    plant: () =>
      patch(
        ServerSession.prototype,
        "replyFound",
        (original) =>
          function (this: ServerSession<unknown>, properties, more) {
            original.call(this, more === undefined ? properties : more, more)
          }
      )
  },
  {
    name: "the newest connection is handed out first",
    found: /must have (sent|made|been)/,
    plant: () =>
      patch(
        ConnectionStore.prototype,
        "findEndpoint",
        (original) =>
          function (this: ConnectionStore<unknown>, label, nowMillis) {
            const passed: Array<Lease<unknown>> = []
            let lease = original.call(this, label, nowMillis)
            for (let next = lease; next !== undefined; next = original.call(this, label, nowMillis)) {
              if (lease !== undefined && lease !== next) passed.push(lease)
              lease = next
            }
            for (const each of passed) each.putBack(nowMillis)
            return lease
          }
      )
  },
  {
    name: "a stray descriptor is not closed",
    found: /stray descriptor/,
    plant: forgetStrays
  },
  {
    name: "a client inside an exchange delays the others",
    found: /not answered|must have|kept waiting|stray descriptor/,
    plant: () =>
      onMachine((machine) =>
        patch(
          Client.prototype,
          "onReceive",
          (original) =>
            function (this: Client, bytes, descriptor, wasTruncated) {
              const { loop, observer } = machine()
              let inside = 0
              for (const each of observer.conversations) {
                if (!each.isClosed && each.debtSinceMillis !== undefined) inside++
              }
              if (inside === 0 || loop === undefined) return original.call(this, bytes, descriptor, wasTruncated)
              const copy = new Uint8Array(bytes)
              loop.at(loop.nowMillis + 10, () => original.call(this, copy, descriptor, wasTruncated))
            }
        )
      )
  },
  {
    name: "a connection that the client has goes back",
    found: /has \d+ connections and|descriptors are open|not closed/,
    plant: () =>
      patch(
        ServerSession.prototype,
        "close",
        (original) =>
          function (this: ServerSession<unknown>) {
            const remains = original.call(this)
            return remains.handOver === "sent" ? { ...remains, handOver: "offered" } : remains
          }
      )
  },
  {
    name: "a connection that the client never read is closed",
    found: /closed before its time|statistics say/,
    plant: () =>
      patch(
        Client.prototype,
        "onEnd",
        (original) =>
          function (this: Client) {
            original.call(this, undefined)
          }
      )
  },
  {
    name: "timers are late",
    found: /asleep until/,
    plant: () =>
      patch(
        EventLoop.prototype,
        "at",
        (original) =>
          function (this: EventLoop, deadlineMillis, run) {
            return original.call(this, deadlineMillis + 2, run)
          }
      )
  },
  {
    name: "debtors are never sent away",
    found: /asleep until|not disconnected/,
    plant: () => ({ sabotage: { settings: { exchangeSecondsMax: 1_000_000 } }, restore: unchanged })
  },
  {
    name: "what the kernel did not take of an answer is forgotten",
    found: /must have (sent|made)|lost ones|asleep|not disconnected|not answered/,
    plant: () => ({
      sabotage: {
        calls: (calls) => ({
          ...calls,
          send: (socket, bytes) => {
            const outcome = calls.send(socket, bytes)
            return outcome > 0 ? bytes.length : outcome
          }
        })
      },
      restore: unchanged
    })
  },
  {
    name: "the last look before a hand-over sees nothing",
    found: /must have (made|been)|not closed|has \d+ connections and/,
    plant: () => ({
      sabotage: { calls: (calls) => ({ ...calls, look: () => Readiness.writable }) },
      restore: unchanged
    })
  },
  {
    name: "what cannot be watched is kept",
    found: /cannot be watched/,
    plant: () => patch(ConnectionCache.prototype, "canWatch", () => () => true)
  },
  {
    name: "a connection that takes no byte is handed out",
    found: /must have (made|been)|not closed|has \d+ connections and|closed before its time/,
    plant: () => {
      const look =
        (calls: SystemCallsShape): SystemCallsShape["look"] =>
        (descriptor, readiness) => {
          const found = calls.look(descriptor, readiness)
          return found < 0 ? found : found | Readiness.writable
        }
      return { sabotage: { calls: (calls) => ({ ...calls, look: look(calls) }) }, restore: unchanged }
    }
  },
  {
    name: "connections at rest are not watched",
    found: /still cached although its peer has ended it/,
    plant: () => patch(IdleWatcher.prototype, "rest", () => unchanged)
  },
  {
    name: "a watched connection is handed over with its watch",
    found: /TypeError|DescriptorMisuse|did not own|asleep|spins|used/,
    plant: () => patch(CachedDescriptor.prototype, "stopWatching", () => unchanged)
  },
  {
    name: "strangers are let in",
    found: /must have made|disconnected/,
    plant: () => ({ sabotage: { settings: { access: undefined } }, restore: unchanged })
  },
  {
    name: "who may no longer connect is served on",
    found: /not disconnected although its user may no longer connect/,
    plant: () => patch(Client.prototype, "settingsChanged", () => unchanged)
  },
  {
    name: "more clients are served than may be",
    found: /clients are served, at most/,
    plant: () => ({ sabotage: { settings: { clientsMax: 100_000 } }, restore: unchanged })
  },
  {
    name: "who waits for a place is forgotten",
    found: /although there is a place/,
    plant: () => patch(Acceptor.prototype, "resume", () => unchanged)
  },
  {
    name: "what a blocked client has sent along for nothing is kept",
    found: /stray descriptor/,
    plant: () => patch(ServerSession.prototype, "takeStray", () => () => undefined)
  }
]

/** All of them. */
export const plantedBugs: ReadonlyArray<PlantedBug> = [
  ...bugs,
  ...plantedBatchBugs,
  ...plantedFarewellBugs,
  ...plantedLimitBugs
]
