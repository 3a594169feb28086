import { CacheEntry, type OctetString } from "@scached/protocol"
import type { CachedConnection, StoredBinding, StoreVisitor, StoreWalk } from "@scached/store"
import type { CachedDescriptor } from "../CachedDescriptor.ts"
import type { Report } from "./Report.ts"

type Octets = OctetString.OctetString

/** Entries looked at for one part. */
const looksMax = 256

/** How often a connection of smtp(8) was reused, as it says among its properties. */
const usesOf = (properties: string): number | undefined => {
  const digits = /(?:^|\n)reuse_count=([0-9]{1,9})(?:\n|$)/.exec(properties)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Every connection and every binding, in parts: 100,000 of them must not stop the clients. */
export class ListReport implements Report {
  readonly #walk: StoreWalk<CachedDescriptor, Octets>
  readonly #now: () => number
  readonly #looks: number
  #nowMillis = 0
  #text: string
  #entries = 0

  /** `bytesMax` is how long a part may be. */
  constructor(walk: StoreWalk<CachedDescriptor, Octets>, now: () => number, bytesMax: number) {
    this.#walk = walk
    this.#now = now
    // With room for the lists at the start and at the end. The smallest scached_output_limit is 4096 bytes.
    this.#looks = Math.max(1, Math.min(looksMax, Math.floor(bytesMax / CacheEntry.bytesMax) - 1))
    this.#text = "status\x000\0\0"
  }

  next(): { readonly bytes: Uint8Array; readonly isLast: boolean } {
    this.#nowMillis = this.#now()
    const isMore = this.#walk.next(this.#nowMillis, this.#looks, this.#visitor)
    if (!isMore) this.#text += CacheEntry.encodeEnd(this.#entries)
    const bytes = Buffer.from(this.#text, "latin1")
    this.#text = ""
    return { bytes, isLast: !isMore }
  }

  readonly #visitor: StoreVisitor<CachedDescriptor, Octets> = {
    connection: (connection, savedMillis) => this.#add(this.#connectionEntry(connection, savedMillis)),
    binding: (binding, savedMillis) => this.#add(this.#bindingEntry(binding, savedMillis))
  }

  #add(entry: CacheEntry.CacheEntry): void {
    this.#text += CacheEntry.encode(entry)
    this.#entries++
  }

  #connectionEntry(
    { deadlineMillis, endpointLabel, properties, value }: CachedConnection<CachedDescriptor, Octets>,
    savedMillis: number
  ): CacheEntry.ConnectionEntry {
    const { savedBy } = value
    return {
      _tag: "ConnectionEntry",
      label: CacheEntry.listedLabel(endpointLabel),
      propertiesBytes: properties.length,
      ageMillis: this.#nowMillis - savedMillis,
      remainingMillis: deadlineMillis - this.#nowMillis,
      uses: usesOf(properties),
      savedBy: savedBy === undefined ? undefined : { processId: savedBy.pid, userId: savedBy.uid }
    }
  }

  #bindingEntry(binding: StoredBinding<Octets>, savedMillis: number): CacheEntry.BindingEntry {
    return {
      _tag: "BindingEntry",
      label: CacheEntry.listedLabel(binding.destinationLabel),
      endpointLabel: CacheEntry.listedLabel(binding.endpointLabel),
      propertiesBytes: binding.properties.length,
      ageMillis: this.#nowMillis - savedMillis,
      remainingMillis: binding.deadlineMillis - this.#nowMillis
    }
  }
}
