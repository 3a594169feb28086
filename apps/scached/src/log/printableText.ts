/** A label may have 64 KiB, and a client that says one after the other would have the log grow by more than 100 MB a second. */
export const printableOctetsMax = 200

/**
 * Labels hold newlines and 8-bit bytes: those, and quotes, become `?`, as control bytes do in Postfix's own logs. What is long is cut, with
 * a note of how long it was.
 */
export const printableText = (text: string): string => {
  const shown = text.slice(0, printableOctetsMax).replace(/[\x00-\x1f"\x7f-\xff]/g, "?")
  return shown.length === text.length ? shown : `${shown}... (${text.length} octets)`
}
