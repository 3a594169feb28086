/**
 * How long a cache is asked to keep something, in whole seconds.
 */
import { type Brand, Result } from "effect"
import { printable } from "./internal/printable.ts"
import { ttlSecondsMalformed, ttlSecondsMaxOnWire, ttlSecondsOfBytes } from "./internal/ttl.ts"
import type { OctetString } from "./OctetString.ts"
import { toBytes } from "./OctetString.ts"
import { InvalidTtl } from "./ProtocolError.ts"

/**
 * A whole number of seconds from 1 to 2147483647.
 *
 * @category models
 */
export type TtlSeconds = Brand.Branded<number, "TtlSeconds">

// The cast cannot lie: the constant is inside the range it bounds.
/**
 * The longest ttl that the protocol knows: 2147483647 seconds.
 *
 * @category constants
 */
export const max: TtlSeconds = ttlSecondsMaxOnWire as TtlSeconds

/**
 * Takes a number; fails with `InvalidTtl` unless it is whole and from 1 to 2147483647.
 *
 * @category constructors
 */
export const make = (seconds: number): Result.Result<TtlSeconds, InvalidTtl> =>
  Number.isInteger(seconds) && seconds >= 1 && seconds <= ttlSecondsMaxOnWire
    ? // It cannot lie: the range was just checked.
      Result.succeed(seconds as TtlSeconds)
    : Result.fail(new InvalidTtl({ found: String(seconds) }))

/**
 * Reads decimal digits as they stand on the wire. Leading zeros are fine; a sign, a blank, any other byte, nothing at all,
 * 0 and anything above 2147483647 fail with `InvalidTtl`.
 *
 * @category constructors
 */
export const fromOctets = (octets: OctetString): Result.Result<TtlSeconds, InvalidTtl> => {
  const seconds = ttlSecondsOfBytes(toBytes(octets), 0, octets.length)
  return seconds === ttlSecondsMalformed
    ? Result.fail(new InvalidTtl({ found: printable(octets) }))
    : // It cannot lie: the parser answers the range or the malformed mark.
      Result.succeed(seconds as TtlSeconds)
}
