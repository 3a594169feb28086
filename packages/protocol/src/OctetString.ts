/**
 * Octets as the protocol carries them in names, labels and properties: all bytes but NUL.
 *
 * They are kept as a string of one UTF-16 unit a byte (Latin-1), so that they can be map keys and come back byte for
 * byte. It is not text: for text that people wrote there is `fromUtf8`.
 */
import { type Brand, Result } from "effect"
import { indexOfNul, sliceOctets, unsafeOctets, writeOctets } from "./internal/octets.ts"
import { InvalidOctets } from "./ProtocolError.ts"

/**
 * A string whose units are all in 0x01..0xFF, one a byte; it may be empty.
 *
 * @category models
 */
export type OctetString = Brand.Branded<string, "OctetString">

/**
 * The octet string of length zero.
 *
 * @category constants
 */
export const empty: OctetString = unsafeOctets("")

/**
 * Takes a string of Latin-1 units; fails with `InvalidOctets` where a unit is NUL or above 0xFF.
 *
 * @category constructors
 */
export const make = (text: string): Result.Result<OctetString, InvalidOctets> => {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0 || unit > 0xff) return Result.fail(new InvalidOctets({ index, unit }))
  }
  return Result.succeed(unsafeOctets(text))
}

/**
 * Takes the bytes [start, end), all of them unless told otherwise; fails with `InvalidOctets` where one is NUL.
 *
 * @category constructors
 */
export const fromBytes = (
  bytes: Uint8Array,
  start = 0,
  end = bytes.length
): Result.Result<OctetString, InvalidOctets> => {
  const from = Math.max(0, start)
  const to = Math.max(from, Math.min(end, bytes.length))
  const nul = indexOfNul(bytes, from, to)
  return nul === -1
    ? Result.succeed(sliceOctets(bytes, from, to))
    : Result.fail(new InvalidOctets({ index: nul - from, unit: 0 }))
}

/**
 * Takes text and keeps its UTF-8 bytes; fails with `InvalidOctets` where it holds a NUL.
 *
 * @category constructors
 */
export const fromUtf8 = (text: string): Result.Result<OctetString, InvalidOctets> =>
  fromBytes(new TextEncoder().encode(text))

/**
 * The bytes themselves, in an array of their own.
 *
 * @category conversions
 */
export const toBytes = (octets: OctetString): Uint8Array => {
  const bytes = new Uint8Array(octets.length)
  writeOctets(bytes, octets, 0)
  return bytes
}
