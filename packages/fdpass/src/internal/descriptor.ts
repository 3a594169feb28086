/**
 * The one place where a descriptor's number is visible. Closed to other packages by the exports map.
 */

const gone = -1

/** Makes the owner of a number that the kernel has just handed out. */
let adoptDescriptor: (number: number, closeNumber: (number: number) => void) => Descriptor

/** The number behind an owned descriptor, to be used in the very next system call and not kept. */
let numberOf: (descriptor: Descriptor) => number

/** Whether a descriptor is closed by this function: how a simulated process tells its own from those of others. */
let isClosedBy: (descriptor: Descriptor, closeNumber: (number: number) => void) => boolean

/** The kind of a socket (`SocketKind`), once `rememberKind` was called; it stays the same for as long as the descriptor is open. */
let kindOf: (descriptor: Descriptor) => number | undefined

/** Keeps what the kernel has said once, so that it is not asked again. */
let rememberKind: (descriptor: Descriptor, kind: number) => void

/** Has a descriptor that its owner forgets come back, in a new value. */
let onForgotten: (descriptor: Descriptor, use: (forgotten: Descriptor) => void) => void

/** What is left of a descriptor whose value is gone. */
interface Remains {
  readonly number: number
  readonly closeNumber: (number: number) => void
  readonly use: (forgotten: Descriptor) => void
}

const forgotten = new FinalizationRegistry<Remains>(({ closeNumber, number, use }) =>
  use(adoptDescriptor(number, closeNumber))
)

/**
 * An open file descriptor that this process owns: it can be taken once and is closed exactly once.
 *
 * The holder of the value owns the descriptor. `close` ends it, `take` moves it to a new owner and leaves this value empty.
 * Doing either on an empty value is a defect and throws `DescriptorMisuse`: a second close could hit a descriptor that the
 * kernel has meanwhile opened under the same number.
 *
 * @category descriptors
 */
export class Descriptor {
  #number: number
  readonly #closeNumber: (number: number) => void
  #kind: number | undefined
  #isWatched = false

  private constructor(number: number, closeNumber: (number: number) => void) {
    this.#number = number
    this.#closeNumber = closeNumber
    this.#kind = undefined
  }

  static {
    adoptDescriptor = (number, closeNumber) => new Descriptor(number, closeNumber)
    isClosedBy = (descriptor, closeNumber) => descriptor.#closeNumber === closeNumber
    kindOf = (descriptor) => descriptor.#kind
    rememberKind = (descriptor, kind) => {
      descriptor.#kind = kind
    }
    onForgotten = (descriptor, use) => {
      const number = numberOf(descriptor)
      descriptor.#isWatched = true
      forgotten.register(descriptor, { number, closeNumber: descriptor.#closeNumber, use }, descriptor)
    }
    numberOf = (descriptor) => {
      if (descriptor.#number === gone) throw new DescriptorMisuse("used")
      return descriptor.#number
    }
  }

  /** Whether this value still owns its descriptor. */
  get isOwned(): boolean {
    return this.#number !== gone
  }

  /** Closes the descriptor. */
  close(): void {
    this.#closeNumber(this.#surrender("closed"))
  }

  /** Moves the descriptor into a new value and leaves this one empty. */
  take(): Descriptor {
    const taken = new Descriptor(this.#surrender("taken"), this.#closeNumber)
    taken.#kind = this.#kind
    return taken
  }

  /**
   * Gives the bare number away, and with it the duty to close it: for handing a descriptor to code that is not ours
   * (`Bun.connect({ fd })`, a child's stdio).
   */
  surrender(): number {
    return this.#surrender("surrendered")
  }

  #surrender(verb: string): number {
    const number = this.#number
    if (number === gone) throw new DescriptorMisuse(verb)
    this.#number = gone
    if (this.#isWatched) forgotten.unregister(this)
    return number
  }
}

/**
 * A descriptor was closed, taken or used after its owner had given it up; always a programming error.
 *
 * @category errors
 */
export class DescriptorMisuse extends Error {
  override readonly name = "DescriptorMisuse"
  constructor(verb: string) {
    super(`a descriptor that is no longer owned was ${verb}`)
  }
}

export { adoptDescriptor, isClosedBy, kindOf, numberOf, onForgotten, rememberKind }
