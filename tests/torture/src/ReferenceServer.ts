/**
 * The protocol's server a second time, slow and obvious: it looks at the stream byte by byte and decodes each list anew. It was
 * written from the description of the protocol, to judge the one that runs.
 */
import type { Kept, ReferenceStore, Taken } from "./ReferenceStore.ts"

/** Where in a conversation the server is. */
export type ReferenceState = "request" | "descriptor" | "first dummy" | "last dummy" | "over"

/** Something that the server does. */
export type Said =
  | { readonly _tag: "Bytes"; readonly bytes: string }
  | { readonly _tag: "Descriptor"; readonly id: string }

type Pair = readonly [name: string, value: string]

const requestNames = {
  save_endp: ["ttl", "label", "property"],
  find_endp: ["label"],
  save_dest: ["ttl", "label", "property", "label"],
  find_dest: ["label"]
} as const

/** Bytes of a list, one character a byte. */
export const listOf = (...pairs: ReadonlyArray<Pair>): string =>
  `${pairs.map(([name, value]) => `${name}\0${value}\0`).join("")}\0`

/** The pairs of one whole list; undefined when its end is not there yet. */
const decode = (text: string): ReadonlyArray<Pair> | undefined => {
  const parts = text.split("\0")
  const pairs: Array<Pair> = []
  // The part behind the last NUL has no end yet.
  for (let at = 0; at + 1 < parts.length; at += 2) {
    if (parts[at] === "") return pairs
    if (at + 2 >= parts.length) return undefined
    pairs.push([parts[at] ?? "", parts[at + 1] ?? ""])
  }
  return undefined
}

const isKnown = (name: string): name is keyof typeof requestNames => Object.hasOwn(requestNames, name)
const isTtl = (text: string): boolean => /^[0-9]+$/.test(text) && Number(text) >= 1 && Number(text) <= 2_147_483_647

const failure = (request: string, status: 1 | 2): string => {
  const properties = request === "find_endp" ? 1 : request === "find_dest" ? 2 : 0
  return listOf(["status", String(status)], ...Array<Pair>(properties).fill(["property", ""]))
}

/** See the module. Descriptors are known by an id. */
export class ReferenceServer {
  state: ReferenceState = "request"
  /** All that it did since its start. */
  readonly said: Array<Said> = []
  /** Descriptors that came and were closed at once. */
  readonly dropped: Array<string> = []
  readonly #store: ReferenceStore
  readonly #requestBytesMax: number
  #buffer = ""
  #saving: readonly [label: string, properties: string] = ["", ""]
  #leased: Kept | undefined

  constructor(store: ReferenceStore, requestBytesMax = 65_536) {
    this.#store = store
    this.#requestBytesMax = requestBytesMax
    this.#say(listOf(["protocol", "connection_cache_protocol"]))
  }

  /** Takes what the client wrote at once; only a single byte may bring a descriptor. */
  feed(bytes: string, descriptor?: string): void {
    let held = descriptor
    for (const byte of bytes) {
      if (this.state === "over") break
      if (this.state === "descriptor") {
        this.#save(held)
        held = undefined
      } else this.#collect(byte)
    }
    if (held !== undefined) this.dropped.push(held)
  }

  /** The client is gone; `hasRead` is whether it had read all that was said. */
  leave(hasRead: boolean): void {
    if (this.state === "first dummy" || !hasRead) this.#putBack()
    this.#leased = undefined
    this.state = "over"
  }

  #say(bytes: string): void {
    this.said.push({ _tag: "Bytes", bytes })
  }

  #putBack(): void {
    if (this.#leased !== undefined) this.#store.putBack(this.#leased)
    this.#leased = undefined
  }

  #save(descriptor: string | undefined): void {
    this.state = "request"
    if (descriptor !== undefined) this.#store.save(...this.#saving, descriptor)
    this.#say(listOf(["status", descriptor === undefined ? "2" : "0"]))
  }

  #collect(byte: string): void {
    this.#buffer += byte
    const pairs = byte === "\0" ? decode(this.#buffer) : undefined
    if (pairs !== undefined) {
      this.#buffer = ""
      this.#use(pairs)
    } else if (this.#buffer.length >= this.#requestBytesMax) this.#tooLarge()
  }

  #use(pairs: ReadonlyArray<Pair>): void {
    const startsWithDummy = pairs[0]?.[0] === "dummy"
    if (this.state === "first dummy") {
      if (!startsWithDummy) {
        this.#putBack()
        this.state = "request"
      } else {
        this.said.push({ _tag: "Descriptor", id: this.#leased?.id ?? "" })
        this.state = "last dummy"
      }
    } else if (this.state === "last dummy") {
      this.#leased = undefined
      this.state = "request"
    } else if (startsWithDummy && pairs[1]?.[0] !== "request") return
    else this.#request(startsWithDummy ? pairs.slice(1) : pairs)
  }

  #request(pairs: ReadonlyArray<Pair>): void {
    const [first, ...rest] = pairs
    const name = first?.[0] === "request" ? first[1] : ""
    if (!isKnown(name)) return this.#say(failure("", 1))
    const isWellFormed = requestNames[name].every((wanted, at) => rest[at]?.[0] === wanted)
    const [one = "", two = "", three = "", four = ""] = rest.map(([, value]) => value)
    if (!isWellFormed || (name.startsWith("save") && !isTtl(one))) return this.#say(failure(name, 1))
    switch (name) {
      case "save_endp":
        this.#saving = [two, three]
        this.state = "descriptor"
        return this.#say(listOf(["dummy", ""]))
      case "save_dest":
        this.#store.bind(two, three, four)
        return this.#say(listOf(["status", "0"]))
      case "find_endp":
        return this.#find(name, this.#store.takeEndpoint(one))
      case "find_dest":
        return this.#find(name, this.#store.takeDestination(one))
    }
  }

  #find(name: "find_endp" | "find_dest", taken: Taken | undefined): void {
    if (taken === undefined) return this.#say(failure(name, 2))
    this.#leased = taken.kept
    this.state = "first dummy"
    const own: Pair = ["property", taken.kept.properties]
    const properties: ReadonlyArray<Pair> =
      name === "find_endp" ? [own] : [["property", taken.destinationProperties], own]
    this.#say(listOf(["status", "0"], ...properties))
  }

  #tooLarge(): void {
    const start = this.#buffer.split("\0")
    const [name, value] = start[0] === "dummy" ? start.slice(2) : start
    // A value is one only once its end is there.
    const isWhole = start.length > (start[0] === "dummy" ? 4 : 2)
    if (this.state === "request") this.#say(failure(name === "request" && isWhole ? (value ?? "") : "", 1))
    else if (this.state === "first dummy") this.#putBack()
    this.#leased = undefined
    this.state = "over"
  }
}
