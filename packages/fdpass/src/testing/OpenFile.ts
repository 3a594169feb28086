/** Who wants to know about an open file: an epoll set. */
export interface FileWatcher {
  /** The file's readiness may have changed. */
  fileChanged(): void
  /** The last reference to the file is gone. */
  fileGone(): void
}

/**
 * An open file of the simulated kernel, shared by all descriptors that refer to it and by the messages that carry it.
 *
 * It lives as long as it has references, whichever process holds them: that is what lets a descriptor in flight outlive its sender.
 */
export abstract class OpenFile {
  abstract readonly kind: "socket" | "epoll" | "file"
  /** Whether epoll takes it; a file on a disk it does not. */
  abstract readonly isPollable: boolean
  readonly id: number
  /** What a scenario calls it. */
  label: string
  readonly #watchers = new Set<FileWatcher>()
  #references = 0
  #isGone = false

  constructor(id: number, label: string) {
    this.id = id
    this.label = label
  }

  get references(): number {
    return this.#references
  }

  get isGone(): boolean {
    return this.#isGone
  }

  hold(): void {
    if (this.#isGone) throw new Error(`the simulated kernel revived ${this.describe()}`)
    this.#references++
  }

  release(): void {
    this.#references--
    if (this.#references < 0) throw new Error(`the simulated kernel released ${this.describe()} too often`)
    if (this.#references === 0) this.end()
  }

  watch(watcher: FileWatcher): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: FileWatcher): void {
    this.#watchers.delete(watcher)
  }

  describe(): string {
    return `${this.kind} #${this.id} "${this.label}"`
  }

  /** The `Readiness` bits that hold at this moment. */
  abstract poll(): number

  protected changed(): void {
    for (const watcher of this.#watchers) watcher.fileChanged()
  }

  /** Ends it; called for the last reference, and for a connection that was never accepted nor held. */
  protected end(): void {
    if (this.#isGone) return
    this.#isGone = true
    for (const watcher of [...this.#watchers]) watcher.fileGone()
    this.#watchers.clear()
    this.released()
  }

  protected abstract released(): void
}

/** A file that is not a socket: cargo for descriptors, standard input and the like. */
export class PlainFile extends OpenFile {
  readonly kind = "file"
  readonly isPollable = false

  poll(): number {
    return 0
  }

  protected released(): void {}
}
