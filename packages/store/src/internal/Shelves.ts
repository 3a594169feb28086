/** The shelf of a holder that is on none. */
export const noShelf = -1

const shelfCount = 32

/** The fields that a holder lends to the shelves. */
export interface ShelvedHolder<H> {
  readonly textBytes: number
  readonly nearest: object | undefined
  /** Kept by the shelves, as the links are. */
  shelf: number
  previousOnShelf: H | undefined
  nextOnShelf: H | undefined
}

/** Which shelf so much text belongs on: that of 4 to 7 bytes is the third. */
export const shelfOf = (textBytes: number): number =>
  textBytes < 1 ? noShelf : shelfCount - 1 - Math.clz32(Math.min(textBytes, 0xffff_ffff))

/**
 * Which holder gives way when there is too much text: of those on the highest shelf, the one that has been there for the longest.
 *
 * A shelf for each power of two and no exact order: most saves then move nothing, and those that do need O(1). The first one holds
 * more than half of what the largest holds.
 */
export class Shelves<H extends ShelvedHolder<H>> {
  readonly #firsts: Array<H | undefined> = Array.from({ length: shelfCount }, () => undefined)
  readonly #lasts: Array<H | undefined> = Array.from({ length: shelfCount }, () => undefined)
  // Bit n is set when something is on shelf n.
  #occupied = 0

  get first(): H | undefined {
    return this.#occupied === 0 ? undefined : this.#firsts[shelfCount - 1 - Math.clz32(this.#occupied)]
  }

  /** Puts a holder where it belongs now, which is nowhere when none of its entries could make room. */
  place(holder: H): void {
    const shelf = holder.nearest === undefined ? noShelf : shelfOf(holder.textBytes)
    if (shelf === holder.shelf) return
    if (holder.shelf !== noShelf) this.#leave(holder)
    if (shelf !== noShelf) this.#enter(holder, shelf)
  }

  #enter(holder: H, shelf: number): void {
    const last = this.#lasts[shelf]
    holder.shelf = shelf
    holder.previousOnShelf = last
    if (last === undefined) this.#firsts[shelf] = holder
    else last.nextOnShelf = holder
    this.#lasts[shelf] = holder
    this.#occupied |= 1 << shelf
  }

  #leave(holder: H): void {
    const { shelf, previousOnShelf, nextOnShelf } = holder
    if (previousOnShelf === undefined) this.#firsts[shelf] = nextOnShelf
    else previousOnShelf.nextOnShelf = nextOnShelf
    if (nextOnShelf === undefined) this.#lasts[shelf] = previousOnShelf
    else nextOnShelf.previousOnShelf = previousOnShelf
    if (this.#firsts[shelf] === undefined) this.#occupied &= ~(1 << shelf)
    holder.shelf = noShelf
    holder.previousOnShelf = undefined
    holder.nextOnShelf = undefined
  }
}
