/**
 * Attribute lists, Postfix's encoding of nearly all it says between its programs: `name NUL value NUL` for each attribute, and
 * one NUL, an empty name, at the end. Usable on its own.
 *
 * Two NULs in a row do not end a list: an empty value before another attribute looks the same.
 */
import { Result } from "effect"
import { indexOfNul, sliceOctets, writeOctets } from "./internal/octets.ts"
import type { OctetString } from "./OctetString.ts"
import { EmptyAttributeName, ListTooLarge, NotOneList } from "./ProtocolError.ts"

/**
 * A name, which is never empty, and its value.
 *
 * @category models
 */
export interface Attribute {
  readonly name: OctetString
  readonly value: OctetString
}

/**
 * Attributes in their order; names may occur more than once.
 *
 * @category models
 */
export type AttributeList = ReadonlyArray<Attribute>

/**
 * A list as bytes; fails with `EmptyAttributeName` where a name is empty, which would end the list there.
 *
 * @category encoding
 */
export const encode = (list: AttributeList): Result.Result<Uint8Array, EmptyAttributeName> => {
  let byteCount = 1
  for (const [index, { name, value }] of list.entries()) {
    if (name.length === 0) return Result.fail(new EmptyAttributeName({ index }))
    byteCount += name.length + value.length + 2
  }
  const bytes = new Uint8Array(byteCount)
  let at = 0
  for (const { name, value } of list) {
    at = writeOctets(bytes, name, at) + 1
    at = writeOctets(bytes, value, at) + 1
  }
  return Result.succeed(bytes)
}

/**
 * Reads bytes that are exactly one list; fails with `NotOneList`.
 *
 * @category decoding
 */
export const decode = (bytes: Uint8Array): Result.Result<AttributeList, NotOneList> => {
  const decoder = new Decoder({ listBytesMax: Math.max(1, bytes.length) })
  const [list, another] = decoder.push(bytes)
  if (list === undefined) return Result.fail(new NotOneList({ found: "incomplete" }))
  return another !== undefined || decoder.consumedBytes < bytes.length
    ? Result.fail(new NotOneList({ found: "trailing bytes" }))
    : Result.succeed(list)
}

/**
 * Reads a stream of lists that may be split anywhere. It keeps at most `listBytesMax` bytes (65536 unless told otherwise); once a
 * list is longer, `failure` says so and nothing more is read.
 *
 * @category decoding
 */
export class Decoder {
  readonly listBytesMax: number
  #failure: ListTooLarge | undefined = undefined
  #attributes: Array<Attribute> = []
  #name: OctetString | undefined = undefined
  /** The begun name or value, as it came in parts. */
  #parts = ""
  #listBytes = 0
  #consumedBytes = 0

  constructor(options: { readonly listBytesMax?: number } = {}) {
    this.listBytesMax = options.listBytesMax ?? 65_536
    if (!Number.isInteger(this.listBytesMax) || this.listBytesMax < 1) {
      throw new RangeError(`listBytesMax is ${this.listBytesMax}: expected a whole number of bytes from 1`)
    }
  }

  /** Why nothing more is read. */
  get failure(): ListTooLarge | undefined {
    return this.#failure
  }

  /** How many bytes the lists answered so far were long, in all. */
  get consumedBytes(): number {
    return this.#consumedBytes
  }

  /** Whether a list is begun and not at its end. */
  get isInsideList(): boolean {
    return this.#listBytes > 0
  }

  /** Takes more bytes and answers the lists that they complete. The array is not kept. */
  push(bytes: Uint8Array): ReadonlyArray<AttributeList> {
    const lists: Array<AttributeList> = []
    let at = 0
    while (at < bytes.length && this.#failure === undefined) {
      const end = Math.min(bytes.length, at + this.listBytesMax - this.#listBytes)
      const nul = indexOfNul(bytes, at, end)
      const next = nul === -1 ? end : nul + 1
      const part = sliceOctets(bytes, at, nul === -1 ? end : nul)
      this.#listBytes += next - at
      at = next
      if (nul === -1) this.#parts += part
      else if (this.#endField(part)) lists.push(this.#endList())
      if (this.#listBytes >= this.listBytesMax) this.#fail()
    }
    return lists
  }

  /** Ends a name or value; true where that ended the list. */
  #endField(part: OctetString): boolean {
    // It cannot lie: the parts are slices without NUL.
    const field = (this.#parts === "" ? part : this.#parts + part) as OctetString
    this.#parts = ""
    if (this.#name !== undefined) {
      this.#attributes.push({ name: this.#name, value: field })
      this.#name = undefined
      return false
    }
    if (field === "") return true
    this.#name = field
    return false
  }

  #endList(): AttributeList {
    const list = this.#attributes
    this.#consumedBytes += this.#listBytes
    this.#attributes = []
    this.#listBytes = 0
    return list
  }

  #fail(): void {
    this.#failure = new ListTooLarge({ listBytesMax: this.listBytesMax })
    this.#attributes = []
    this.#name = undefined
    this.#parts = ""
  }
}
