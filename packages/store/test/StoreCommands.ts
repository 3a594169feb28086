import { expect } from "bun:test"
import {
  type Bound,
  type CachedConnection,
  type ConnectionStore,
  type Evicted,
  type Lease,
  type LimitName,
  type Refused,
  type Saved,
  StoreDefect
} from "@scached/store"
import fc from "fast-check"
import type { Kind, ModelOutcome } from "./ModelEntry.ts"
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
    expect(subject.store.isExceeded).toBe(model.room.excess !== undefined)
  }

  toString(): string {
    return this.#text
  }
}

// Few of each, so that names and times collide all the time; the many ttls at the end make many lanes.
const label = fc.constantFrom("a", "b", "c", "a")
const properties = fc.constantFrom("", "p", "q", "r", "s", "a longer text", "the longest of all the texts there are")
const ttl = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(1, 2, 5, 20) }, fc.integer({ min: 1, max: 40 }))
const pick = fc.nat({ max: 1000 })

const keepLease = (subject: Subject, lease: Lease<number> | undefined): number | undefined => {
  if (lease !== undefined) subject.leases.set(lease.value, lease)
  return lease?.value
}

const nameOf = (evicted: Evicted<number>): string =>
  evicted._tag === "EvictedConnection"
    ? `connection ${evicted.connection.value} for ${evicted.cause}`
    : `binding ${evicted.destinationLabel} ${evicted.endpointLabel} for ${evicted.cause}`

const outcomeOf = (outcome: Saved<number> | Bound<number> | Refused<number>): ModelOutcome => ({
  refused: outcome._tag === "Refused" ? `${outcome.limit} ${outcome.reason}` : undefined,
  evicted: outcome.evicted.map(nameOf)
})

/**
 * Who may not lose anything to a save, by what is promised and not by how it is done: others that hold no more than an equal share of the
 * limit, half of one for text. The result checks what has been evicted.
 */
const sparing = (model: StoreModel, kind: Kind, own: string): ((evicted: ReadonlyArray<Evicted<number>>) => void) => {
  const { limits } = model.room
  const labels = (of: Kind): ReadonlyArray<string> => [
    ...new Set([...model.room.labels(of), ...(of === kind ? [own] : [])])
  ]
  const connections = labels("connection")
  const bindings = labels("binding")
  const textShare = limits.textBytesMax / (connections.length + bindings.length) / 2
  const spared = new Set<string>()
  for (const [of, all, limit] of [
    ["connection", connections, "connectionsMax"],
    ["binding", bindings, "bindingsMax"]
  ] as const) {
    for (const each of all) {
      if (of === kind && each === own) continue
      const counted = model.room.counted(of, each)
      if (counted.length <= limits[limit] / all.length) spared.add(`${of} of ${each} for ${limit}`)
      const textBytes = counted.reduce((sum, entry) => sum + entry.textBytes, 0)
      if (textBytes <= textShare) spared.add(`${of} of ${each} for textBytesMax`)
    }
  }
  return (evicted) => {
    for (const each of evicted) {
      const isConnection = each._tag === "EvictedConnection"
      const label = isConnection ? each.connection.endpointLabel : each.destinationLabel
      expect(spared).not.toContain(`${isConnection ? "connection" : "binding"} of ${label} for ${each.cause}`)
    }
  }
}

const saveEndpoint = fc.tuple(label, properties, ttl).map(
  ([name, props, ttlMillis]) =>
    new Step(`save_endp ${name} '${props}' ttl ${ttlMillis}`, (model, subject) => {
      const id = model.connections.length
      const expectFair = sparing(model, "connection", name)
      const expected = model.saveEndpoint(name, props, ttlMillis)
      const outcome = subject.store.saveEndpoint(name, props, id, ttlMillis, subject.nowMillis)
      expectFair(outcome.evicted)
      expect(outcomeOf(outcome)).toEqual(expected)
      if (outcome._tag === "Refused") return
      expect(outcome.connection.deadlineMillis).toBe(model.nowMillis + ttlMillis)
      expect(outcome.connection.endpointLabel).toBe(name)
      subject.handles.set(id, outcome.connection)
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
      const expectFair = sparing(model, "binding", name)
      const expected = model.saveDestination(name, props, endpoint, ttlMillis)
      const outcome = subject.store.saveDestination(name, props, endpoint, ttlMillis, subject.nowMillis)
      expectFair(outcome.evicted)
      expect(outcomeOf(outcome)).toEqual(expected)
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
        for (const connection of model.connections) if (connection.id === lease.value) model.move(connection, "gone")
      })
    )
)

const putBack = pick.map(
  (nth) =>
    new Step(`put_back lease ${nth}`, (model, subject) =>
      withLease(subject, nth, (lease) => {
        const connection = model.connections[lease.value]
        if (connection === undefined) throw new Error("the lease is of a connection that nobody saved")
        expect(lease.isLate(subject.nowMillis)).toBe(model.isLate(connection))
        expect(lease.putBack(subject.nowMillis)).toBe(model.putBack(connection))
        expect(lease.isLate(Number.MAX_SAFE_INTEGER)).toBe(false)
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
      if (connection.place === "store") model.move(connection, "gone")
    })
)

const anyLimit = fc.tuple(
  fc.constantFrom<Array<LimitName>>(
    "connectionsMax",
    "connectionsPerEndpointMax",
    "bindingsMax",
    "bindingsPerDestinationMax",
    "textBytesMax"
  ),
  fc.nat({ max: 12 })
)

const changeLimit = anyLimit.map(([name, size]) => {
  const limit = name === "textBytesMax" ? size * 20 : size
  return new Step(`${name} ${limit}`, (model, subject) => {
    model.room.limits = { ...model.room.limits, [name]: limit }
    subject.store.changeLimits({ [name]: limit })
    expect(subject.store.limits[name]).toBe(limit)
  })
})

const shrink = fc.constantFrom(1, 2, 1000).map(
  (entriesMax) =>
    new Step(`shrink max ${entriesMax}`, (model, subject) => {
      const evicted = subject.store.shrink(subject.nowMillis, entriesMax)
      expect(evicted.length).toBeLessThanOrEqual(entriesMax)
      expect(evicted.map(nameOf)).toEqual([...model.room.shrink(model.nowMillis, entriesMax)])
      if (entriesMax === 1000) expect(subject.store.isExceeded).toBe(false)
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
  drain,
  changeLimit,
  shrink
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

/** All that has to do with limits, and hardly any time. */
export const limitCommands = (lengthMax: number): fc.Arbitrary<Iterable<StoreCommand>> =>
  fc.commands(
    [
      ...saves,
      ...saves,
      saveDestination,
      saveDestination,
      saveDestination,
      findEndpoint,
      putBack,
      commit,
      remove,
      advance,
      changeLimit,
      shrink
    ],
    { maxCommands: lengthMax, size: "max" }
  )

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
