/**
 * What scache(8) is asked, right and wrong, for goldens of its answers.
 *
 * Not here: what scached answers otherwise on purpose (`ToleratedDifference.ts`).
 *
 * @category goldens
 */
import { dummy, list, request } from "./AttributeList.ts"

/**
 * A client's part: bytes to send, and where a descriptor goes along, each after the server's answer to the one before.
 *
 * @category goldens
 */
export interface GoldenScript {
  readonly name: string
  readonly says: ReadonlyArray<Buffer | "descriptor">
}

const { saveEndpoint, findEndpoint, saveDestination, findDestination } = request

/** As smtp(8) makes them. */
const smtpEndpoint = "smtp\n[127.0.0.1]:2525\n[127.0.0.1]:2525\n\n*\n"
const smtpDestination = "smtp\ndest.test\n"

const allOctets = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)).toString("latin1")
const allOctetsTurned = Buffer.from(allOctets, "latin1").reverse().toString("latin1")

const text = (characters: string): Buffer => Buffer.from(characters, "latin1")

const saved = (label: string, properties = "P"): ReadonlyArray<Buffer | "descriptor"> => [
  saveEndpoint(100, label, properties),
  "descriptor"
]
const taken = [dummy, dummy] as const
const badTtls = ["-1", "12x", "0x10", "", "0", "2147483648", "5 ", "1.5", "99999999999999999999999", "\xb2", "000"]

const exchanges: ReadonlyArray<GoldenScript> = [
  {
    name: "save-and-find-endpoint",
    says: [
      saveEndpoint(2, smtpEndpoint, ""),
      "descriptor",
      findEndpoint(smtpEndpoint),
      ...taken,
      findEndpoint(smtpEndpoint)
    ]
  },
  {
    name: "save-and-find-destination",
    says: [
      saveEndpoint(30, smtpEndpoint, "127.0.0.1\n10\n25\n"),
      "descriptor",
      saveDestination(30, smtpDestination, "dest.test", smtpEndpoint),
      findDestination(smtpDestination),
      dummy,
      Buffer.concat([dummy, findDestination(smtpDestination)])
    ]
  },
  {
    name: "oldest-first",
    says: [
      ...saved("two", "first"),
      ...saved("two", "second"),
      findEndpoint("two"),
      ...taken,
      findEndpoint("two"),
      ...taken,
      findEndpoint("two")
    ]
  },
  {
    name: "several-bindings",
    says: [
      saveDestination(100, "several", "to the first", "first of several"),
      saveDestination(100, "several", "to the second", "second of several"),
      saveDestination(100, "several", "to the first", "first of several"),
      findDestination("several"),
      ...saved("second of several", "second"),
      findDestination("several"),
      ...taken,
      ...saved("second of several", "second"),
      ...saved("first of several", "first"),
      findDestination("several"),
      ...taken,
      findDestination("several"),
      ...taken
    ]
  },
  {
    name: "eight-bit-octets",
    says: [
      saveEndpoint("2147483647", allOctets, allOctetsTurned),
      "descriptor",
      saveDestination("00000000007", allOctetsTurned, allOctets, allOctets),
      findDestination(allOctetsTurned),
      ...taken
    ]
  },
  {
    name: "empty-values",
    says: [
      saveEndpoint(5, "", ""),
      "descriptor",
      saveDestination(5, "", "", ""),
      findDestination(""),
      ...taken,
      findEndpoint("")
    ]
  },
  {
    name: "large-properties",
    says: [saveEndpoint(5, "large", "x".repeat(8000)), "descriptor", findEndpoint("large"), ...taken]
  },
  {
    name: "last-dummy-with-next-request",
    says: [...saved("g"), findEndpoint("g"), dummy, Buffer.concat([dummy, findEndpoint("g")])]
  },
  { name: "misses", says: [findEndpoint("none"), findDestination("none")] },
  {
    name: "descriptor-missing",
    says: [
      saveEndpoint(100, "nofd", "P"),
      Buffer.of(0),
      saveEndpoint(100, "nofd", "P"),
      text("x"),
      findEndpoint("nofd")
    ]
  }
]

const malformed: ReadonlyArray<GoldenScript> = [
  {
    name: "malformed-find-endpoint",
    says: [
      list(["request", "find_endp"]),
      list(["request", "find_endp"], ["lable", "x"]),
      list(["request", "find_endp"], ["x", "y"], ["label", "x"]),
      list(["request", "find_endp"], ["request", "find_dest"], ["label", "x"]),
      findEndpoint("none")
    ]
  },
  {
    name: "malformed-find-destination",
    says: [list(["request", "find_dest"]), list(["request", "find_dest"], ["lable", "x"]), findDestination("none")]
  },
  {
    name: "malformed-save-endpoint",
    says: [
      list(["request", "save_endp"]),
      list(["request", "save_endp"], ["label", "E"], ["property", "P"]),
      list(["request", "save_endp"], ["ttl", 5], ["property", "P"]),
      list(["request", "save_endp"], ["ttl", 5], ["label", "E"]),
      findEndpoint("none")
    ]
  },
  {
    name: "malformed-save-destination",
    says: [
      list(["request", "save_dest"]),
      list(["request", "save_dest"], ["ttl", 5], ["label", "d"], ["property", "p"]),
      list(["request", "save_dest"], ["ttl", 5], ["label", "d"], ["property", "p"], ["x", "e"]),
      findEndpoint("none")
    ]
  },
  {
    name: "another-order",
    says: [
      list(["request", "save_endp"], ["label", "E"], ["ttl", 5], ["property", "P"]),
      list(["request", "save_endp"], ["ttl", 5], ["property", "P"], ["label", "E"]),
      list(["request", "save_dest"], ["ttl", 5], ["label", "d"], ["label", "e"], ["property", "p"]),
      list(["request", "save_dest"], ["ttl", 5], ["property", "p"], ["label", "d"], ["label", "e"]),
      findEndpoint("none")
    ]
  },
  {
    name: "malformed-ttl",
    says: [
      ...badTtls.map((ttl) => saveDestination(ttl, "d", "p", "e")),
      saveEndpoint(0, "E", "P"),
      saveEndpoint(-1, "E", "P")
    ]
  },
  {
    name: "unknown-requests",
    says: [
      list(["request", "frob"]),
      list(["request", "frob"], ["label", "x"], ["property", "y"]),
      list(["request", ""]),
      list(["request", "FIND_ENDP"], ["label", "x"]),
      findEndpoint("none")
    ]
  }
]

const odd: ReadonlyArray<GoldenScript> = [
  {
    name: "attributes-behind-the-last",
    says: [
      list(["request", "find_endp"], ["label", "none"], ["x", "y"]),
      list(["request", "find_endp"], ["label", "none"], ["label", "E"]),
      list(["request", "find_dest"], ["label", "none"], ["x", "y"]),
      list(["request", "save_dest"], ["ttl", 5], ["label", "d"], ["property", "p"], ["label", "e"], ["x", ""]),
      list(["request", "save_endp"], ["ttl", 5], ["label", "extra"], ["property", "P"], ["x", "y"]),
      "descriptor"
    ]
  },
  {
    name: "stray-dummies",
    says: [
      dummy,
      Buffer.concat([dummy, findEndpoint("none")]),
      list(["dummy", "x"], ["label", "q"]),
      list(["dummy", ""], ["request", "find_endp"], ["label", "none"])
    ]
  },
  {
    name: "request-in-place-of-first-dummy",
    says: [...saved("r1"), findEndpoint("r1"), findEndpoint("none"), findEndpoint("none")]
  },
  {
    name: "request-in-place-of-last-dummy",
    says: [...saved("r2"), findEndpoint("r2"), dummy, findEndpoint("none"), findEndpoint("none")]
  },
  {
    name: "empty-list-in-place-of-dummy",
    says: [...saved("r3"), findEndpoint("r3"), list(), findEndpoint("none")]
  },
  {
    name: "dummy-with-value-and-more",
    says: [
      ...saved("r4"),
      findEndpoint("r4"),
      list(["dummy", "v"]),
      list(["dummy", ""], ["x", "y"]),
      findEndpoint("none")
    ]
  },
  {
    name: "dummy-behind-another-attribute",
    says: [...saved("r5"), findEndpoint("r5"), list(["x", "y"], ["dummy", ""]), findEndpoint("none")]
  }
]

/**
 * All scripts.
 *
 * @category goldens
 */
export const goldenScripts: ReadonlyArray<GoldenScript> = [...exchanges, ...malformed, ...odd]
