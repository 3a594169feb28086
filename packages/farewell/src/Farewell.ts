/**
 * What is said on a connection before it is closed: the octets that end a session in its protocol.
 */
import { Result } from "effect"
import { InvalidFarewell } from "./InvalidFarewell.ts"
import { escapeOctets, unescape } from "./internal/escapes.ts"

/**
 * The most octets that a farewell can have.
 *
 * @category constants
 */
export const octetsMax = 64

/**
 * Of each protocol the command that ends a session, alone, and as a client in no transaction says it.
 *
 * A command before it, RSET for instance, makes OpenSMTPD and msmtpd complain. LOGOUT within IDLE is wrong: a program that saves idling connections
 * needs its own octets. POP3's QUIT carries out what DELE has marked.
 */
const octetsByName = {
  smtp: "QUIT\r\n",
  lmtp: "QUIT\r\n",
  imap: "a LOGOUT\r\n",
  pop3: "QUIT\r\n",
  nntp: "QUIT\r\n",
  redis: "QUIT\r\n",
  /** Terminate: its type, and a length that counts itself. */
  postgres: "X\x00\x00\x00\x04",
  /** COM_QUIT in a packet of one byte, the first of its sequence. */
  mysql: "\x01\x00\x00\x00\x01"
} as const

/**
 * A protocol whose farewell is known.
 *
 * @category models
 */
export type FarewellName = keyof typeof octetsByName

/**
 * A farewell: its protocol, or `octets` where it was given literally, and what is written in one go, 1 to 64 octets.
 *
 * @category models
 */
export interface Farewell {
  readonly protocol: FarewellName | "octets"
  readonly octets: Uint8Array
}

const isName = (word: string): word is FarewellName => Object.hasOwn(octetsByName, word)

// The keys of a constant are the constant's.
/**
 * The protocols by their names, in the order of the documents.
 *
 * @category constants
 */
export const farewellNames = Object.keys(octetsByName) as ReadonlyArray<FarewellName>

const literally = "octets:"
const expected = `one of ${farewellNames.join(", ")}, none, or octets: and 1 to ${octetsMax} octets, with \\r, \\n, \\t, \\s, \\\\ or \\xHH`

const bytesOf = (octets: string): Uint8Array => Uint8Array.from(octets, (octet) => octet.charCodeAt(0))

/**
 * The farewell of a protocol.
 *
 * @category constructors
 */
export const named = (protocol: FarewellName): Farewell => ({ protocol, octets: bytesOf(octetsByName[protocol]) })

/**
 * Reads `smtp` and the other names, `octets:BYE\r\n`, or `none`, which is undefined; fails with `InvalidFarewell`.
 *
 * @category decoding
 */
export const parse = (word: string): Result.Result<Farewell | undefined, InvalidFarewell> => {
  if (word === "none") return Result.succeed(undefined)
  if (isName(word)) return Result.succeed(named(word))
  const octets = word.startsWith(literally) ? unescape(word.slice(literally.length)) : undefined
  if (octets === undefined || octets === "" || octets.length > octetsMax) {
    return Result.fail(new InvalidFarewell({ found: word, expected }))
  }
  return Result.succeed({ protocol: "octets", octets: bytesOf(octets) })
}

/**
 * The word that `parse` reads as this farewell.
 *
 * @category encoding
 */
export const format = ({ octets, protocol }: Farewell): string =>
  protocol === "octets" ? `${literally}${escapeOctets(String.fromCharCode(...octets))}` : protocol
