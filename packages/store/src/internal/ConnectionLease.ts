import type { Lease } from "../Lease.ts"
import { StoreDefect } from "../StoreDefect.ts"
import type { ConnectionNode } from "./ConnectionNode.ts"
import type { ConnectionTable } from "./ConnectionTable.ts"

/** A new lease for each find: a settled one cannot act on the connection's next lease. */
export class ConnectionLease<A, S extends string> implements Lease<A, S> {
  readonly connection: ConnectionNode<A, S>
  readonly #table: ConnectionTable<A, S>
  #isOpen = true

  constructor(table: ConnectionTable<A, S>, connection: ConnectionNode<A, S>) {
    this.#table = table
    this.connection = connection
  }

  get value(): A {
    return this.connection.value
  }

  get properties(): S {
    return this.connection.properties
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  isLate(nowMillis: number): boolean {
    return this.#isOpen && this.#table.isLate(this.connection, nowMillis)
  }

  commit(): void {
    if (!this.#isOpen) throw settledTwice(this.connection.endpointLabel)
    this.#table.commit(this.connection)
    this.#isOpen = false
  }

  putBack(nowMillis: number): boolean {
    if (!this.#isOpen) throw settledTwice(this.connection.endpointLabel)
    const isKept = this.#table.putBack(this.connection, nowMillis)
    this.#isOpen = false
    return isKept
  }
}

const settledTwice = (endpointLabel: string): StoreDefect =>
  new StoreDefect({
    reason: "LeaseSettled",
    message: `A lease of a connection to ${JSON.stringify(endpointLabel)} was settled twice: commit it or put it back, once`
  })
