/**
 * Attribute lists as bytes, written down here a second time and on purpose: the laboratory must not inherit an error of the codec it
 * is to judge.
 *
 * Strings are Latin-1, one character a byte.
 *
 * @category bytes
 */

/**
 * Name and value of an attribute.
 *
 * @category bytes
 */
export type Attribute = readonly [name: string, value: string | number]

/**
 * The attributes and the terminator.
 *
 * @category bytes
 */
export const list = (...attributes: ReadonlyArray<Attribute>): Buffer =>
  Buffer.from(`${attributes.map(([name, value]) => `${name}\0${value}\0`).join("")}\0`, "latin1")

/**
 * What the server says first.
 *
 * @category bytes
 */
export const greeting: Buffer = list(["protocol", "connection_cache_protocol"])

/**
 * The empty list with which each side says: go on.
 *
 * @category bytes
 */
export const dummy: Buffer = list(["dummy", ""])

/**
 * A reply that is a status alone.
 *
 * @category bytes
 */
export const status = (code: 0 | 1 | 2): Buffer => list(["status", code])

/**
 * The well-formed requests.
 *
 * @category bytes
 */
export const request = {
  saveEndpoint: (ttl: string | number, label: string, properties: string): Buffer =>
    list(["request", "save_endp"], ["ttl", ttl], ["label", label], ["property", properties]),
  findEndpoint: (label: string): Buffer => list(["request", "find_endp"], ["label", label]),
  saveDestination: (ttl: string | number, destination: string, properties: string, endpoint: string): Buffer =>
    list(["request", "save_dest"], ["ttl", ttl], ["label", destination], ["property", properties], ["label", endpoint]),
  findDestination: (label: string): Buffer => list(["request", "find_dest"], ["label", label])
} as const

/**
 * The replies to the find requests.
 *
 * @category bytes
 */
export const found = {
  endpoint: (code: 0 | 1 | 2, properties: string): Buffer => list(["status", code], ["property", properties]),
  destination: (code: 0 | 1 | 2, destinationProperties: string, endpointProperties: string): Buffer =>
    list(["status", code], ["property", destinationProperties], ["property", endpointProperties])
} as const

/**
 * Bytes for people: NUL as `|`, other unprintable ones as `\xNN`.
 *
 * @category bytes
 */
export const printable = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("latin1")
    .replaceAll("\0", "|")
    .replace(/[^\x20-\x7e]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`)
