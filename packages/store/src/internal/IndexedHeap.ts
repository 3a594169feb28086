/** What a heap asks of its members: room for their position in it, so that one can be taken out without a search. */
export interface HeapMember {
  /** Kept by the heap; -1 outside of it. */
  heapIndex: number
}

/** A binary heap from which any member can be removed in O(log size). */
export class IndexedHeap<T extends HeapMember> {
  readonly #members: Array<T> = []
  readonly #before: (left: T, right: T) => boolean

  constructor(before: (left: T, right: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#members.length
  }

  get first(): T | undefined {
    return this.#members[0]
  }

  /** The members of this moment, in no certain order. */
  copy(): ReadonlyArray<T> {
    return this.#members.slice()
  }

  add(member: T): void {
    member.heapIndex = this.#members.length
    this.#members.push(member)
    this.#rise(member)
  }

  remove(member: T): void {
    const last = this.#members.pop()
    const index = member.heapIndex
    member.heapIndex = -1
    if (last === undefined || last === member) return
    this.#put(last, index)
    this.reorder(last)
  }

  /** Restores the order after what `member` is compared by has changed. */
  reorder(member: T): void {
    this.#rise(member)
    this.#sink(member)
  }

  #put(member: T, index: number): void {
    this.#members[index] = member
    member.heapIndex = index
  }

  #rise(member: T): void {
    let index = member.heapIndex
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = this.#members[above]
      if (parent === undefined || !this.#before(member, parent)) break
      this.#put(parent, index)
      index = above
    }
    this.#put(member, index)
  }

  #sink(member: T): void {
    let index = member.heapIndex
    for (;;) {
      let below = 2 * index + 1
      let child = this.#members[below]
      if (child === undefined) break
      const sibling = this.#members[below + 1]
      if (sibling !== undefined && this.#before(sibling, child)) {
        child = sibling
        below++
      }
      if (!this.#before(child, member)) break
      this.#put(child, index)
      index = below
    }
    this.#put(member, index)
  }
}
