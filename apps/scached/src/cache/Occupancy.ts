/** Decisions that depend on the number of slots taken. */
export interface OccupancyObserver {
  /** The number of slots taken may have changed. */
  consider(): void
  /** A descriptor of this process is free again. */
  descriptorFreed?(): void
}

/**
 * The slots that clients have taken. The server, the admission of clients and the exit of an idle server all depend on this number and are notified
 * of its changes here, so that none of them needs to know the others.
 */
export class Occupancy {
  /** Clients that are connected. */
  clients = 0
  /** Clients that another process has accepted and has not passed yet. */
  onTheirWay = 0
  /** Clients that were disconnected, and whose unread input is still being thrown away. */
  leaving = 0
  readonly #observers: Array<OccupancyObserver> = []

  get taken(): number {
    return this.clients + this.onTheirWay + this.leaving
  }

  /** Observers are called in the order in which they were added. */
  observe(observer: OccupancyObserver): void {
    this.#observers.push(observer)
  }

  readonly changed = (): void => {
    for (const observer of this.#observers) observer.consider()
  }

  readonly descriptorFreed = (): void => {
    for (const observer of this.#observers) observer.descriptorFreed?.()
  }

  /** A place is free again, and the descriptor of its client. */
  readonly vacated = (): void => {
    this.descriptorFreed()
    this.changed()
  }
}
