/** Letters behind a backslash, and the octets that they stand for. */
const octetOf: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", s: " ", "\\": "\\" }

const escape = /\\(?:x([0-9A-Fa-f]{2})|([rnts\\]))/y

/** Whether a character stands for itself: what separates words, and all that is not printable ASCII, is written with a backslash. */
const isPlain = (character: string): boolean => character > " " && character <= "~" && character !== "\\"

/** The octets that a word stands for, one a UTF-16 unit; undefined where an escape or a character is none. */
export const unescape = (word: string): string | undefined => {
  let octets = ""
  for (let index = 0; index < word.length; ) {
    const character = word.charAt(index)
    if (isPlain(character)) {
      octets += character
      index++
      continue
    }
    escape.lastIndex = index
    const found = escape.exec(word)
    if (found === null) return undefined
    const [{ length }, hexadecimal, letter = ""] = found
    octets += hexadecimal === undefined ? octetOf[letter] : String.fromCharCode(Number.parseInt(hexadecimal, 16))
    index += length
  }
  return octets
}

const letterOf: Readonly<Record<string, string>> = { "\r": "\\r", "\n": "\\n", "\t": "\\t", " ": "\\s", "\\": "\\\\" }

/** The word that stands for octets; a comma and an equals sign are written as numbers, since they separate words in a setting. */
export const escapeOctets = (octets: string): string =>
  [...octets]
    .map((octet) => {
      if (isPlain(octet) && octet !== "," && octet !== "=") return octet
      return letterOf[octet] ?? `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`
    })
    .join("")
