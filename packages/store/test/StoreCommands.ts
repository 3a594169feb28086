import { expect } from "bun:test"
import { type CachedConnection, type ConnectionStore, type Lease, StoreDefect } from "@scached/store"
import fc from "fast-check"
import type { StoreModel } from "./StoreModel.ts"

/** The store under test and what its user holds: handles and leases by the number that is cached. */
export interface Subject {
  readonly store: ConnectionStore<number>
  readonly handles: Map<number, CachedConnection<number>>
  readonly leases: Map<number, Lease<number>>
  nowMillis: number
}

type StoreCommand = fc.Command<StoreModel, Subject>

class Step implements StoreCommand {
  readonly #text: string
  readonly #act: (model: StoreModel, subject: Subject) => void

  constructor(text: string, act: (model: StoreModel, subject: Subject) => void) {
    this.#text = text
    this.#act = act
  }

  check(): boolean {
    return true
  }

  run(model: StoreModel, subject: Subject): void {
    this.#act(model, subject)
    expect({ ...subject.store.sizes }).toEqual(model.sizes)
    expect(subject.store.nextDeadlineMillis).toBe(model.nextDeadlineMillis)
    expect(subject.store.nearestExpiry?.value).toBe(model.nearestExpiry)
  }

  toString(): string {
    return this.#text
  }
}

// Few of each, so that names and times collide all the time; the many ttls at the end make many lanes.
const label = fc.constantFrom("a", "b", "c", "a")
const properties = fc.constantFrom("", "p", "q", "r", "s")
const ttl = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(1, 2, 5, 20) }, fc.integer({ min: 1, max: 40 }))
const pick = fc.nat({ max: 1000 })

const keepLease = (subject: Subject, lease: Lease<number> | undefined): number | undefined => {
  if (lease !== undefined) subject.leases.set(lease.value, lease)
  return lease?.value
}

const saveEndpoint = fc.tuple(label, properties, ttl).map(
  ([name, props, ttlMillis]) =>
    new Step(`save_endp ${name} '${props}' ttl ${ttlMillis}`, (model, subject) => {
      const id = model.saveEndpoint(name, props, ttlMillis)
      const handle = subject.store.saveEndpoint(name, props, id, ttlMillis, subject.nowMillis)
      expect(handle.deadlineMillis).toBe(model.nowMillis + ttlMillis)
      expect(handle.endpointLabel).toBe(name)
      subject.handles.set(id, handle)
    })
)

const findEndpoint = label.map(
  (name) =>
    new Step(`find_endp ${name}`, (model, subject) => {
      const peeked = subject.store.peekEndpoint(name, subject.nowMillis)?.value
      expect(peeked).toBe(model.peekEndpoint(name)?.id)
      const expected = model.findEndpoint(name)
      const lease = subject.store.findEndpoint(name, subject.nowMillis)
      expect(keepLease(subject, lease)).toBe(expected?.id)
      expect(lease?.properties).toBe(expected?.properties)
    })
)

const saveDestination = fc.tuple(label, properties, label, ttl).map(
  ([name, props, endpoint, ttlMillis]) =>
    new Step(`save_dest ${name} '${props}' ${endpoint} ttl ${ttlMillis}`, (model, subject) => {
      model.saveDestination(name, props, endpoint, ttlMillis)
      subject.store.saveDestination(name, props, endpoint, ttlMillis, subject.nowMillis)
    })
)

const findDestination = label.map(
  (name) =>
    new Step(`find_dest ${name}`, (model, subject) => {
      const expected = model.findDestination(name)
      const found = subject.store.findDestination(name, subject.nowMillis)
      expect(keepLease(subject, found?.lease)).toBe(expected?.[0].id)
      expect(found?.destinationProperties).toBe(expected?.[1])
    })
)

/** One of the leases that are open; nothing when there is none. */
const withLease = (subject: Subject, nth: number, act: (lease: Lease<number>) => void): void => {
  const open = [...subject.leases.values()]
  const lease = open[nth % open.length]
  if (lease === undefined) return
  act(lease)
  subject.leases.delete(lease.value)
  // Settled now: a second time is a defect, and changes nothing.
  expect(lease.isOpen).toBe(false)
  expect(() => lease.commit()).toThrow(StoreDefect)
  expect(() => lease.putBack(subject.nowMillis)).toThrow(StoreDefect)
}

const commit = pick.map(
  (nth) =>
    new Step(`commit lease ${nth}`, (model, subject) =>
      withLease(subject, nth, (lease) => {
        lease.commit()
        for (const connection of model.connections) if (connection.id === lease.value) connection.place = "gone"
      })
    )
)

const putBack = pick.map(
  (nth) =>
    new Step(`put_back lease ${nth}`, (model, subject) =>
      withLease(subject, nth, (lease) => {
        const expected = model.connections.filter(({ id }) => id === lease.value).map((it) => model.putBack(it))
        expect([lease.putBack(subject.nowMillis)]).toEqual(expected)
      })
    )
)

const remove = pick.map(
  (nth) =>
    new Step(`remove ${nth}`, (model, subject) => {
      const connection = model.connections[nth % model.connections.length]
      const handle = subject.handles.get(connection?.id ?? -1)
      if (connection === undefined || handle === undefined) return
      expect(subject.store.remove(handle)).toBe(connection.place === "store")
      if (connection.place === "store") connection.place = "gone"
    })
)

const expire = fc.constantFrom(1, 2, 3, 1000).map(
  (entriesMax) =>
    new Step(`expire max ${entriesMax}`, (model, subject) => {
      const reported = subject.store.expire(subject.nowMillis, entriesMax).map(({ value }) => value)
      expect(reported).toEqual(model.expire(entriesMax))
    })
)

const advance = fc.constantFrom(1, 1, 2, 3, 7, -2).map(
  (millis) =>
    new Step(`time ${millis}`, (model, subject) => {
      // What the user passes may go backwards; what counts does not.
      subject.nowMillis = model.nowMillis + millis
      model.nowMillis = Math.max(model.nowMillis, subject.nowMillis)
      subject.store.peekEndpoint("", subject.nowMillis)
    })
)

const drain = fc.constant(
  new Step("drain", (model, subject) => {
    const drained = subject.store.drain().map(({ value }) => value)
    expect(drained).toEqual(model.expire(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY))
  })
)

const all = [
  saveEndpoint,
  saveEndpoint,
  findEndpoint,
  findEndpoint,
  saveDestination,
  saveDestination,
  findDestination,
  commit,
  putBack,
  putBack,
  remove,
  expire,
  advance,
  advance,
  drain
]

/** Scripts of up to `lengthMax` steps of all kinds. */
export const storeCommands = (lengthMax: number): fc.Arbitrary<Iterable<StoreCommand>> =>
  fc.commands(all, { maxCommands: lengthMax, size: "max" })

const saves = [saveEndpoint, saveEndpoint, saveEndpoint]

/** Time hardly passes, so that many connections are leased and come back in any order. */
export const leaseCommands = (lengthMax: number): fc.Arbitrary<Iterable<StoreCommand>> =>
  fc.commands([...saves, findEndpoint, findEndpoint, putBack, putBack, commit, remove, advance], {
    maxCommands: lengthMax,
    size: "max"
  })

/** Time hardly passes, so that destinations have as many bindings as they may. */
export const bindingCommands = (lengthMax: number): fc.Arbitrary<Iterable<StoreCommand>> =>
  fc.commands(
    [
      ...Array.from({ length: 12 }, () => saveDestination),
      ...saves,
      findDestination,
      findDestination,
      putBack,
      commit,
      expire,
      advance
    ],
    { maxCommands: lengthMax, size: "max" }
  )
