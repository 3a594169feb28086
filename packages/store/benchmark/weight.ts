import { heapStats } from "bun:jsc"
import { ConnectionStore } from "@scached/store"
import { LABEL_OCTETS, labelOf, PROPERTIES_OCTETS, propertiesOf, TTL_MILLIS } from "./texts.ts"

const COUNT = 100_000

// heapSize counts the characters of strings too; adding extraMemorySize would count them twice.
const heapBytes = (): number => {
  Bun.gc(true)
  Bun.gc(true)
  return heapStats().heapSize
}

const kept: Array<unknown> = []

const weigh = (name: string, make: () => unknown): void => {
  const heapBefore = heapBytes()
  const residentBefore = process.memoryUsage().rss
  kept.push(make())
  const heap = (heapBytes() - heapBefore) / COUNT
  const resident = (process.memoryUsage().rss - residentBefore) / COUNT
  console.log(`${name.padEnd(44)}${heap.toFixed(0).padStart(9)} bytes of heap, ${resident.toFixed(0)} resident`)
}

/** Each with an endpoint or a destination of its own, which is the heaviest case. */
export const printWeight = (): void => {
  weigh(`a connection, label ${LABEL_OCTETS}, properties ${PROPERTIES_OCTETS}`, () => {
    const store = new ConnectionStore<undefined>()
    for (let id = 0; id < COUNT; id++) store.saveEndpoint(labelOf(id), propertiesOf(id), undefined, TTL_MILLIS, id)
    return store
  })
  weigh(`a destination with one binding, labels ${LABEL_OCTETS}`, () => {
    const store = new ConnectionStore<undefined>()
    for (let id = 0; id < COUNT; id++) store.saveDestination(labelOf(id), "", labelOf(id), TTL_MILLIS, id)
    return store
  })
  kept.length = 0
}
