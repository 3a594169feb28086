import { Errno } from "../Errno.ts"
import { type Outcome, Readiness, type ReadinessBatch } from "../SystemCalls.ts"
import { type FileWatcher, OpenFile } from "./OpenFile.ts"

/** The simulated layer's batch of epoll events. */
export class SimulatedReadinessBatch implements ReadinessBatch {
  readonly capacity: number
  readonly #tokens: Uint32Array
  readonly #readiness: Uint32Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.#tokens = new Uint32Array(capacity)
    this.#readiness = new Uint32Array(capacity)
  }

  token(index: number): number {
    return this.#tokens[index] ?? 0
  }

  readiness(index: number): number {
    return this.#readiness[index] ?? 0
  }

  put(index: number, token: number, readiness: number): void {
    this.#tokens[index] = token
    this.#readiness[index] = readiness
  }
}

/** One watched descriptor. Linux knows it by its number and its open file together: either alone may come again. */
class Interest implements FileWatcher {
  readonly #epoll: EpollFile
  readonly key: string
  readonly file: OpenFile
  readiness = 0
  token = 0

  constructor(epoll: EpollFile, key: string, file: OpenFile) {
    this.#epoll = epoll
    this.key = key
    this.file = file
  }

  /** What of the file's state was asked for; errors and hang-ups are always reported. */
  pending(): number {
    return this.file.poll() & (this.readiness | Readiness.error | Readiness.hangUp)
  }

  fileChanged(): void {
    this.#epoll.consider(this)
  }

  fileGone(): void {
    this.#epoll.forget(this)
  }
}

const keyOf = (file: OpenFile, number: number) => `${file.id}:${number}`

/**
 * An epoll set, level-triggered.
 *
 * Ready members stand in a queue and go to its end once reported, as in the kernel: with more of them than a batch holds each has its turn.
 */
export class EpollFile extends OpenFile {
  readonly kind = "epoll"
  readonly isPollable = true
  readonly #interests = new Map<string, Interest>()
  readonly #ready = new Set<Interest>()

  get size(): number {
    return this.#interests.size
  }

  add(file: OpenFile, number: number, readiness: number, token: number): Outcome {
    if (!file.isPollable) return -Errno.EPERM
    if (file === this) return -Errno.EINVAL
    if (file instanceof EpollFile && file.#contains(this)) return -Errno.ELOOP
    const key = keyOf(file, number)
    if (this.#interests.has(key)) return -Errno.EEXIST
    const interest = new Interest(this, key, file)
    this.#interests.set(key, interest)
    file.watch(interest)
    this.#set(interest, readiness, token)
    return 0
  }

  modify(file: OpenFile, number: number, readiness: number, token: number): Outcome {
    const interest = this.#interests.get(keyOf(file, number))
    if (interest === undefined) return file === this ? -Errno.EINVAL : -Errno.ENOENT
    this.#set(interest, readiness, token)
    return 0
  }

  remove(file: OpenFile, number: number): Outcome {
    const interest = this.#interests.get(keyOf(file, number))
    if (interest === undefined) return file === this ? -Errno.EINVAL : -Errno.ENOENT
    this.forget(interest)
    return 0
  }

  /** Puts what is ready into the batch and returns how many events that were. */
  collect(batch: SimulatedReadinessBatch): number {
    const reported: Array<Interest> = []
    for (const interest of this.#ready) {
      if (reported.length === batch.capacity) break
      const pending = interest.pending()
      if (pending === 0) {
        this.#ready.delete(interest)
        continue
      }
      batch.put(reported.length, interest.token, pending)
      reported.push(interest)
    }
    for (const interest of reported) {
      this.#ready.delete(interest)
      this.#ready.add(interest)
    }
    return reported.length
  }

  poll(): number {
    for (const interest of this.#ready) if (interest.pending() !== 0) return Readiness.readable
    return 0
  }

  consider(interest: Interest): void {
    if (interest.pending() === 0) return
    this.#ready.add(interest)
    this.changed()
  }

  forget(interest: Interest): void {
    this.#interests.delete(interest.key)
    this.#ready.delete(interest)
    interest.file.unwatch(interest)
  }

  protected released(): void {
    for (const interest of [...this.#interests.values()]) this.forget(interest)
  }

  #set(interest: Interest, readiness: number, token: number): void {
    interest.readiness = readiness
    interest.token = token
    this.consider(interest)
  }

  #contains(other: EpollFile): boolean {
    for (const { file } of this.#interests.values()) {
      if (file === other || (file instanceof EpollFile && file.#contains(other))) return true
    }
    return false
  }
}
