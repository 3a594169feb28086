import { OctetString, Request, TtlSeconds } from "@scached/protocol"
import { Result } from "effect"
import { SeededRandom } from "./SeededRandom.ts"
import type { Topology } from "./Topology.ts"
import { propertyBytesLeast, type Workload } from "./Workload.ts"

/** A dummy list: what ends a find, and asks for its descriptor. */
export const dummyBytes = new Uint8Array(Buffer.from("dummy\0\0\0", "latin1"))

/**
 * One request's bytes, ready to be sent, and the same with the dummy that ends a find in front: one system call for both. Both are
 * views of the same memory.
 */
export interface Prepared {
  readonly plain: Uint8Array
  readonly glued: Uint8Array
}

const hexDigits = new Uint8Array(Buffer.from("0123456789abcdef", "latin1"))

const octets = (text: string): OctetString.OctetString => Result.getOrThrow(OctetString.make(text))

const prepare = (request: Request.Request): Prepared => {
  const bytes = Request.encode(request)
  // One array each: bun:ffi takes its address at every send, and it never moves.
  const glued = new Uint8Array(new ArrayBuffer(dummyBytes.length + bytes.length))
  glued.set(dummyBytes)
  glued.set(bytes, dummyBytes.length)
  return { plain: glued.subarray(dummyBytes.length), glued }
}

const putHex = (bytes: Uint8Array, at: number, value: number): void => {
  for (let place = 7, rest = value; place >= 0; place--, rest >>>= 4) bytes[at + place] = hexDigits[rest & 15] ?? 0
}

const readHex = (bytes: Uint8Array, at: number): number => {
  let value = 0
  for (let place = 0; place < 8; place++) {
    const byte = bytes[at + place] ?? 0
    const digit = byte >= 48 && byte <= 57 ? byte - 48 : byte >= 97 && byte <= 102 ? byte - 87 : -1
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** Filler of properties: long enough for all, never NUL, and not the same byte everywhere, so that a shift would be seen. */
const filler = new Uint8Array(Array.from({ length: 60_000 }, (_, index) => 97 + ((index * 7) % 23)))

/**
 * Every request of a run as bytes made beforehand. Only the properties of a save_endp change: they name the connection, so that
 * a client that finds it knows which descriptor must come: `c`, its number and how often it was saved in hexadecimal, filler.
 */
export class RequestBytes {
  readonly topology: Topology
  readonly saveEndpoint: ReadonlyArray<Prepared>
  readonly findEndpoint: ReadonlyArray<Prepared>
  readonly saveDestination: ReadonlyArray<Prepared>
  readonly findDestination: ReadonlyArray<Prepared>
  /** Properties of each binding. */
  readonly bindingProperties: ReadonlyArray<Uint8Array>
  readonly #propertyBytes: Int32Array

  constructor(workload: Workload, topology: Topology, prefix: string) {
    this.topology = topology
    const ttlSeconds = Result.getOrThrow(TtlSeconds.make(workload.ttlSeconds))
    const sizes = new SeededRandom(workload.seed, 0xffff_ffff)
    const span = workload.propertyBytesMax - workload.propertyBytesMin + 1
    const count = (length: number) => Array.from({ length }, (_, index) => index)
    const endpointLabel = (index: number) => octets(`smtp\n${prefix}.mx${index}.example\n[192.0.2.1]:25\n*\n`)
    const destinationLabel = (index: number) => octets(`smtp\n${prefix}.domain${index}.example\n*\n`)
    const bindingProperties = (binding: number) =>
      octets(`domain${topology.destinationOf(binding)} by mx${topology.endpointOf(binding)}\n`)
    this.#propertyBytes = Int32Array.from(
      count(topology.endpoints),
      () => workload.propertyBytesMin + (span > 1 ? sizes.below(span) : 0)
    )
    this.saveEndpoint = count(topology.endpoints).map((index) => {
      const length = this.#propertyBytes[index] ?? 0
      const text = Buffer.from(filler.subarray(0, length)).toString("latin1")
      return prepare({ _tag: "SaveEndpoint", ttlSeconds, label: endpointLabel(index), properties: octets(text) })
    })
    this.findEndpoint = count(topology.endpoints).map((index) =>
      prepare({ _tag: "FindEndpoint", label: endpointLabel(index) })
    )
    this.bindingProperties = count(topology.bindings).map((index) => OctetString.toBytes(bindingProperties(index)))
    this.saveDestination = count(topology.bindings).map((index) =>
      prepare({
        _tag: "SaveDestination",
        ttlSeconds,
        label: destinationLabel(topology.destinationOf(index)),
        properties: bindingProperties(index),
        endpointLabel: endpointLabel(topology.endpointOf(index))
      })
    )
    this.findDestination = count(topology.destinations).map((index) =>
      prepare({ _tag: "FindDestination", label: destinationLabel(index) })
    )
  }

  /** Writes the connection's name into the save_endp of an endpoint. */
  name(endpoint: number, connection: number, generation: number): void {
    const bytes = this.saveEndpoint[endpoint]?.plain
    if (bytes === undefined) return
    // Behind the properties stand their own NUL and that of the list.
    const at = bytes.length - 2 - (this.#propertyBytes[endpoint] ?? 0)
    bytes[at] = 99
    putHex(bytes, at + 1, connection)
    bytes[at + 9] = 46
    putHex(bytes, at + 10, generation)
  }

  /** The connection's number that properties name, -1 if they are not what was saved under any endpoint. */
  connectionOf(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < propertyBytesLeast || bytes[start] !== 99 || bytes[start + 9] !== 46) return -1
    return readHex(bytes, start + 1)
  }

  /** How often it had been saved, as properties name it. */
  generationOf(bytes: Uint8Array, start: number): number {
    return readHex(bytes, start + 10)
  }

  /** Whether size and filler of properties are those of the endpoint. */
  isFillerOf(endpoint: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    if (length !== this.#propertyBytes[endpoint]) return false
    for (let index = propertyBytesLeast; index < length; index++) {
      if (bytes[start + index] !== filler[index]) return false
    }
    return true
  }

  /** Whether the bytes are the properties of the binding. */
  isBindingProperties(binding: number, bytes: Uint8Array, start: number, end: number): boolean {
    const expected = this.bindingProperties[binding]
    if (expected === undefined || expected.length !== end - start) return false
    for (let index = 0; index < expected.length; index++) if (bytes[start + index] !== expected[index]) return false
    return true
  }
}
