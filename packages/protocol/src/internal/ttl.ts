/** What the wire can say at most. */
export const ttlSecondsMaxOnWire = 2_147_483_647

/** Answered by the parser for a malformed ttl; no ttl is 0. */
export const ttlSecondsMalformed = 0

/** Decimal digits of [start, end) as a ttl, or `ttlSecondsMalformed`. */
export const ttlSecondsOfBytes = (bytes: Uint8Array, start: number, end: number): number => {
  let seconds = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return ttlSecondsMalformed
    seconds = seconds * 10 + digit
    if (seconds > ttlSecondsMaxOnWire) return ttlSecondsMalformed
  }
  return seconds
}
