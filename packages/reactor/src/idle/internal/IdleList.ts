import type { IdleConnection } from "../IdleConnection.ts"
import type { IdleWatcher } from "../IdleWatcher.ts"

/** Connections of one watcher, in the order in which they came; their links are fields of their own. */
export class IdleList {
  readonly watcher: IdleWatcher
  first: IdleConnection | undefined
  size = 0
  /** The position of a walk over the list: the next entry, which moves on when that entry is taken out. */
  cursor: IdleConnection | undefined
  #last: IdleConnection | undefined

  constructor(watcher: IdleWatcher) {
    this.watcher = watcher
  }

  /** Adds one that is in no list. */
  append(connection: IdleConnection): void {
    connection.list = this
    connection.previous = this.#last
    if (this.#last === undefined) this.first = connection
    else this.#last.next = connection
    this.#last = connection
    this.size++
  }

  /** Takes out one that is in this list. */
  remove(connection: IdleConnection): void {
    const { previous, next } = connection
    if (this.cursor === connection) this.cursor = next
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    connection.list = undefined
    connection.previous = undefined
    connection.next = undefined
    this.size--
  }
}
