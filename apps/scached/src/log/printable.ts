/**
 * What would begin a new line, move a terminal's cursor, or turn the direction of writing: the control characters of ASCII and Latin-1, the
 * separators of lines and paragraphs, and the marks of direction.
 */
const unprintable = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const names: Readonly<Partial<Record<string, string>>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const escapeOne = (character: string): string => {
  const code = character.charCodeAt(0).toString(16)
  return names[character] ?? (code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`)
}

/** A text that stays on its line, whatever its characters: it cannot forge a line of the log. */
export const printable = (text: string): string => text.replace(unprintable, escapeOne)

/** The same within the quotes of JSON, where `JSON.stringify` has seen to the first 32 only. */
export const printableJson = (json: string): string =>
  json.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** A label may have 64 KiB, and a client that says one after the other would have the log grow by more than 100 MB a second. */
const labelOctetsMax = 200

/**
 * Labels hold newlines and 8-bit bytes: those, and quotes, become `?`, as control bytes do in Postfix's own logs. What is long is cut, with
 * a note of how long it was.
 */
export const printableLabel = (text: string): string => {
  const shown = text.slice(0, labelOctetsMax).replace(/[\x00-\x1f"\x7f-\xff]/g, "?")
  return shown.length === text.length ? shown : `${shown}... (${text.length} octets)`
}
