/**
 * Text that keeps its bytes. Configuration files, options and log lines are bytes, mostly UTF-8; a byte that is not part of
 * valid UTF-8 is kept as one lone surrogate (0xDC80 to 0xDCFF), so that reading and writing again gives the very same bytes.
 */

const escapeOffset = 0xdc00
const escaped = /[\udc80-\udcff]/
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** How many bytes the UTF-8 sequence at `at` has; 0 where there is none that is valid. */
const sequenceBytes = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at] ?? 0
  const count = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (at + count > bytes.length) return 0
  for (let index = 1; index < count; index++) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0
  const second = bytes[at + 1] ?? 0
  const isOverlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90)
  const isOutside = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f)
  return count > 2 && (isOverlong || isOutside) ? 0 : count
}

const decodeEscaping = (bytes: Uint8Array): string => {
  let text = ""
  let begin = 0
  let at = 0
  while (at < bytes.length) {
    const count = sequenceBytes(bytes, at)
    if (count > 0) {
      at += count
      continue
    }
    text += strict.decode(bytes.subarray(begin, at)) + String.fromCharCode(escapeOffset + (bytes[at] ?? 0))
    begin = ++at
  }
  return text + strict.decode(bytes.subarray(begin))
}

/**
 * Bytes as text; whatever they are, `encode` gives them back.
 *
 * @category decoding
 */
export const decode = (bytes: Uint8Array): string => {
  try {
    return strict.decode(bytes)
  } catch {
    return decodeEscaping(bytes)
  }
}

/**
 * The bytes of a text: UTF-8, and the very bytes that `decode` could not read as such.
 *
 * @category encoding
 */
export const encode = (text: string): Uint8Array => {
  if (!escaped.test(text)) return encoder.encode(text)
  const bytes = new Uint8Array(text.length * 3)
  let at = 0
  for (const character of text) {
    if (character.length === 1 && escaped.test(character)) bytes[at++] = character.charCodeAt(0) - escapeOffset
    else at += encoder.encodeInto(character, bytes.subarray(at)).written
  }
  return bytes.slice(0, at)
}

/**
 * How many bytes a text has.
 *
 * @category conversions
 */
export const byteLength = (text: string): number => encode(text).length

/**
 * The order of two texts by their bytes: negative, 0 or positive.
 *
 * @category conversions
 */
export const compare = (left: string, right: string): number => Buffer.compare(encode(left), encode(right))
