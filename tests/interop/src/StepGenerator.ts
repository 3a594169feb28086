/**
 * Random requests, well-formed and malformed, that a seed replays.
 *
 * Left out is what scache(8) and scached answer differently on purpose: that is in `ToleratedDifference.ts`.
 *
 * @category differential
 */
import * as AttributeList from "./AttributeList.ts"
import type { Step } from "./CacheSession.ts"
import { SeededRandom } from "./SeededRandom.ts"

const endpoints = ["smtp\n[192.0.2.1]\n[192.0.2.1]:25\n\n*\n", "e\x80\xff", "plain", ""]
const destinations = ["smtp\nexample.org\n", "d", ""]
const properties = ["", "x", "192.0.2.1\n10\n", "request", "ttl\x01\xfe"]
/** Long enough that nothing expires within a run, as written by a client or by somebody odd. */
const ttls = ["100", "1000", "0000900", "2147483647"]
/** What both servers call malformed. */
const badTtls = ["-1", "12x", "0x10", "", "0", "00", "1.5", "5 ", "2147483648", "99999999999999999999999"]
const unknownRequests = ["frob", "", "FIND_ENDP", "find_endp ", "save"]
const strangeNames = ["lable", "ttl", "property", "dummy", "Label", "x"]

type Attributes = ReadonlyArray<AttributeList.Attribute>

/** The attributes of a well-formed request, with labels that belong to this seed alone. */
const wellFormed = (random: SeededRandom, seed: number): Attributes => {
  const endpoint: AttributeList.Attribute = ["label", `${seed}/${random.pick(endpoints)}`]
  const destination: AttributeList.Attribute = ["label", `${seed}/${random.pick(destinations)}`]
  const ttl: AttributeList.Attribute = ["ttl", random.pick(ttls)]
  const property: AttributeList.Attribute = ["property", random.pick(properties)]
  const choice = random.below(100)
  if (choice < 35) return [["request", "save_endp"], ttl, endpoint, property]
  if (choice < 60) return [["request", "save_dest"], ttl, destination, property, endpoint]
  if (choice < 80) return [["request", "find_endp"], endpoint]
  return [["request", "find_dest"], destination]
}

const replaceAt = (attributes: Attributes, index: number, replacement: Attributes): Attributes => [
  ...attributes.slice(0, index),
  ...replacement,
  ...attributes.slice(index + 1)
]

interface Mutation {
  readonly name: string
  readonly bytes: Buffer
}

/** Each makes one mistake, or one oddity that is none, of the attributes; never in the first name. */
const mutations: ReadonlyArray<(attributes: Attributes, random: SeededRandom) => Mutation> = [
  (attributes, random) => {
    const index = 1 + random.below(attributes.length - 1)
    return { name: `attribute ${index} missing`, bytes: AttributeList.list(...replaceAt(attributes, index, [])) }
  },
  (attributes, random) => {
    const index = 1 + random.below(attributes.length - 1)
    const renamed: AttributeList.Attribute = [random.pick(strangeNames), attributes[index]?.[1] ?? ""]
    return { name: `attribute ${index} renamed`, bytes: AttributeList.list(...replaceAt(attributes, index, [renamed])) }
  },
  (attributes, random) => {
    const [first, ...rest] = attributes
    const turned = random.percent(50) ? rest.toReversed() : [...rest.slice(1), ...rest.slice(0, 1)]
    return { name: "another order", bytes: AttributeList.list(...(first ? [first] : []), ...turned) }
  },
  (attributes, random) => {
    const ttl = random.pick(badTtls)
    const index = attributes.findIndex(([name]) => name === "ttl")
    const changed = index < 0 ? attributes : replaceAt(attributes, index, [["ttl", ttl]])
    return { name: index < 0 ? "as it was" : `ttl ${ttl}`, bytes: AttributeList.list(...changed) }
  },
  (attributes, random) => {
    const request = random.pick(unknownRequests)
    const bytes = AttributeList.list(...replaceAt(attributes, 0, [["request", request]]))
    return { name: `unknown request "${request}"`, bytes }
  },
  (attributes, random) => {
    const extra: Attributes = [
      [random.pick(strangeNames), "more"],
      ["label", "1/plain"]
    ]
    return { name: "more attributes behind", bytes: AttributeList.list(...attributes, ...extra.slice(random.below(2))) }
  },
  (attributes) => ({
    name: "behind a stray dummy",
    bytes: Buffer.concat([AttributeList.dummy, AttributeList.list(...attributes)])
  }),
  (attributes) => ({ name: "behind a dummy in its list", bytes: AttributeList.list(["dummy", ""], ...attributes) }),
  (_, random) => ({
    name: "a stray dummy alone",
    bytes: random.percent(50) ? AttributeList.dummy : AttributeList.list(["dummy", "x"], ["label", "q"])
  })
]

/**
 * Only well-formed requests are cut: of a malformed one scache drops what it has read so far and takes what comes later for
 * another request, so that its answers depend on where the cut is.
 */
const cut = (step: Step, random: SeededRandom): Step => {
  if (!random.percent(20)) return step
  const cuts = [1 + random.below(step.request.length - 1), 1 + random.below(step.request.length - 1)]
  return { ...step, name: `${step.name}, in pieces`, cuts: [...new Set(cuts)].sort((left, right) => left - right) }
}

/**
 * The steps of a seed: a quarter of them strange, and some of the others in pieces.
 *
 * @category differential
 */
export const steps = (seed: number, count: number): ReadonlyArray<Step> => {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, (): Step => {
    const attributes = wellFormed(random, seed)
    const name = String(attributes[0]?.[1])
    const cargo = random.percent(10) ? "bare byte" : "descriptor"
    if (!random.percent(25)) return cut({ name, request: AttributeList.list(...attributes), cargo }, random)
    const mutation = random.pick(mutations)(attributes, random)
    return { name: `${name}, ${mutation.name}`, request: mutation.bytes, cargo }
  })
}
