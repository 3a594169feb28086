import type { Descriptor } from "@scached/fdpass"
import type { OctetString } from "@scached/protocol"

/** A connection, until when it is kept, and what was saved with it. */
export interface Kept {
  readonly descriptor: Descriptor
  readonly properties: OctetString.OctetString
  readonly deadlineMillis: number
}

interface Bound {
  readonly endpointLabel: string
  readonly properties: OctetString.OctetString
  readonly deadlineMillis: number
}

/** A connection that was taken out, and what the binding that led to it has. */
export interface Taken {
  readonly kept: Kept
  readonly endpointLabel: string
  readonly destinationProperties: OctetString.OctetString | undefined
}

/** What a cache for tests holds: as simple as can be, without limits, oldest first. */
export class Shelf {
  readonly #endpoints = new Map<string, Array<Kept>>()
  readonly #destinations = new Map<string, Array<Bound>>()

  keep(label: string, kept: Kept): void {
    const others = this.#endpoints.get(label)
    if (others === undefined) this.#endpoints.set(label, [kept])
    else others.push(kept)
  }

  /** An equal binding is renewed where it stands. */
  bind(label: string, bound: Bound): void {
    const all = this.#destinations.get(label) ?? []
    const isSame = (each: Bound) => each.endpointLabel === bound.endpointLabel && each.properties === bound.properties
    const index = all.findIndex(isSame)
    if (index < 0) all.push(bound)
    else all[index] = bound
    this.#destinations.set(label, all)
  }

  take(label: string): Taken | undefined {
    const kept = this.#endpoints.get(label)?.shift()
    return kept === undefined ? undefined : { kept, endpointLabel: label, destinationProperties: undefined }
  }

  takeBound(label: string): Taken | undefined {
    for (const { endpointLabel, properties } of this.#destinations.get(label) ?? []) {
      const taken = this.take(endpointLabel)
      if (taken !== undefined) return { ...taken, destinationProperties: properties }
    }
    return undefined
  }

  /** Puts back what could not be handed over. */
  putBack({ endpointLabel, kept }: Taken): void {
    this.#endpoints.set(endpointLabel, [kept, ...(this.#endpoints.get(endpointLabel) ?? [])])
  }

  /** Ends what has had its time, `Infinity` for all; the connections are the caller's. */
  expire(nowMillis: number): ReadonlyArray<Kept> {
    const over: Array<Kept> = []
    for (const [label, all] of this.#endpoints) {
      over.push(...all.filter(({ deadlineMillis }) => deadlineMillis <= nowMillis))
      this.#endpoints.set(
        label,
        all.filter(({ deadlineMillis }) => deadlineMillis > nowMillis)
      )
    }
    for (const [label, all] of this.#destinations) {
      this.#destinations.set(
        label,
        all.filter(({ deadlineMillis }) => deadlineMillis > nowMillis)
      )
    }
    return over
  }

  count(label: string): number {
    return this.#endpoints.get(label)?.length ?? 0
  }
}
