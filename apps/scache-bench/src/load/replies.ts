/**
 * The replies of a cache, read in place: no value is made of them, since what they must say is known beforehand.
 */

/** What a cache sends; each ends with the NUL that ends the list. */
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, "latin1"))
export const greeting = text("protocol\0connection_cache_protocol\0\0")
export const dummyReply = text("dummy\0\0\0")
const statusHead = text("status\0")
const propertyHead = text("property\0")

/** Where `readStatus` and `readFound` put what they found. */
export interface ReplyView {
  /** The status: 0 to 9. */
  status: number
  /** The first property, [start, end). */
  firstStart: number
  firstEnd: number
  /** The last property; the same where there is only one. */
  lastStart: number
  lastEnd: number
}

export const makeReplyView = (): ReplyView => ({ status: 0, firstStart: 0, firstEnd: 0, lastStart: 0, lastEnd: 0 })

/** The list is not whole yet. */
export const incomplete = 0
/** The bytes cannot become the expected list. */
export const malformed = -1

/** Whether the bytes begin with the expected ones: their length, `incomplete` or `malformed`. */
export const readFixed = (bytes: Uint8Array, end: number, expected: Uint8Array, start = 0): number => {
  const length = expected.length
  const present = Math.min(length, end - start)
  for (let index = 0; index < present; index++) if (bytes[start + index] !== expected[index]) return malformed
  return present < length ? incomplete : length
}

/** Reads a status attribute at the start: its length, `incomplete` or `malformed`. */
const readStatusAttribute = (bytes: Uint8Array, end: number, view: ReplyView): number => {
  const head = readFixed(bytes, end, statusHead)
  if (head <= 0) return head
  if (end < 9) return incomplete
  const digit = (bytes[7] ?? 0) - 48
  if (digit < 0 || digit > 9 || bytes[8] !== 0) return malformed
  view.status = digit
  return 9
}

/** Reads `status=N .`: the length of the list, `incomplete` or `malformed`. */
export const readStatus = (bytes: Uint8Array, end: number, view: ReplyView): number => {
  const at = readStatusAttribute(bytes, end, view)
  if (at <= 0) return at
  if (end === at) return incomplete
  return bytes[at] === 0 ? at + 1 : malformed
}

/** Reads `status=N` and so many properties: the length of the list, `incomplete` or `malformed`. */
export const readFound = (bytes: Uint8Array, end: number, properties: 1 | 2, view: ReplyView): number => {
  let at = readStatusAttribute(bytes, end, view)
  if (at <= 0) return at
  for (let index = 0; index < properties; index++) {
    const head = readFixed(bytes, end, propertyHead, at)
    if (head <= 0) return head
    const start = at + head
    at = start
    while (at < end && bytes[at] !== 0) at++
    if (at >= end) return incomplete
    if (index === 0) {
      view.firstStart = start
      view.firstEnd = at
    }
    view.lastStart = start
    view.lastEnd = at
    at++
  }
  if (at >= end) return incomplete
  return bytes[at] === 0 ? at + 1 : malformed
}
