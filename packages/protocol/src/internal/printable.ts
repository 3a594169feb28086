/** How many octets of foreign bytes an error or a log line repeats. */
export const printableOctetsMax = 64

/**
 * Octets as text that is safe in a log line: everything outside printable ASCII as `\xNN` (`\n`, `\r` and `\t` by their
 * names), cut after 64 octets with a note of how many there were.
 */
export const printable = (octets: string): string => {
  const shown = octets.length > printableOctetsMax ? octets.slice(0, printableOctetsMax) : octets
  let text = ""
  for (let index = 0; index < shown.length; index++) {
    const octet = shown.charCodeAt(index)
    if (octet === 0x0a) text += "\\n"
    else if (octet === 0x0d) text += "\\r"
    else if (octet === 0x09) text += "\\t"
    else if (octet === 0x5c) text += "\\\\"
    else if (octet >= 0x20 && octet < 0x7f) text += shown[index]
    else text += `\\x${octet.toString(16).padStart(2, "0")}`
  }
  return shown.length === octets.length ? text : `${text}... (${octets.length} octets)`
}
