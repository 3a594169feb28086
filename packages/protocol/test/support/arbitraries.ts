import fc from "fast-check"
import type { OctetString, Request, TtlSeconds } from "../../src/index.ts"
import { dummy, list } from "./lists.ts"
import type { Read } from "./splits.ts"

/** Octets, among them those that look like the protocol's own words. */
export const octets: fc.Arbitrary<OctetString.OctetString> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc
        .array(fc.integer({ min: 1, max: 255 }), { maxLength: 40 })
        .map((units) => String.fromCharCode(...units))
    },
    { weight: 1, arbitrary: fc.constantFrom("", "request", "dummy", "label", "property", "smtp\n[192.0.2.1]\n*\n") },
    { weight: 1, arbitrary: fc.integer({ min: 41, max: 700 }).map((length) => "x".repeat(length)) }
  )
  // It cannot lie: every unit above is in 0x01..0xFF.
  .map((text) => text as OctetString.OctetString)

// It cannot lie: the range is the brand's.
export const ttlSeconds = fc.integer({ min: 1, max: 2_147_483_647 }).map((seconds) => seconds as TtlSeconds.TtlSeconds)

export const request: fc.Arbitrary<Request.Request> = fc.oneof(
  fc.record(
    { _tag: fc.constant("SaveEndpoint" as const), ttlSeconds, label: octets, properties: octets, farewell: octets },
    { requiredKeys: ["_tag", "ttlSeconds", "label", "properties"] }
  ),
  fc.record({ _tag: fc.constant("FindEndpoint" as const), label: octets }),
  fc.record({
    _tag: fc.constant("SaveDestination" as const),
    ttlSeconds,
    label: octets,
    properties: octets,
    endpointLabel: octets
  }),
  fc.record({ _tag: fc.constant("FindDestination" as const), label: octets })
)

const word = fc.constantFrom("request", "ttl", "label", "property", "dummy", "status", "x", "")
const value = fc.constantFrom("save_endp", "find_endp", "save_dest", "find_dest", "5", "0", "12x", "", "a", "b", "ccc")

/** A list of nearly right attributes, some of which end it early. */
export const wildList: fc.Arbitrary<Uint8Array> = fc
  .array(fc.tuple(word, value), { maxLength: 6 })
  .map((pairs) => list(...pairs.map(([name, text]) => `${name}=${text}`)))

const anyByte = fc.integer({ min: 0, max: 255 })

/** What a client may write: requests, dummies, descriptors in and out of place, nearly right lists and noise. */
export const write: fc.Arbitrary<Read> = fc.oneof(
  { weight: 3, arbitrary: request.map((value) => ({ bytes: encoded(value) })) },
  { weight: 3, arbitrary: fc.constant({ bytes: dummy }) },
  { weight: 3, arbitrary: fc.constant({ bytes: new Uint8Array([0]), descriptor: "?" }) },
  { weight: 2, arbitrary: wildList.map((bytes) => ({ bytes })) },
  {
    weight: 1,
    arbitrary: fc.array(anyByte, { minLength: 1, maxLength: 12 }).map((bytes) => ({ bytes: new Uint8Array(bytes) }))
  }
)

/** A request written the obvious way, not by the code under test. */
export const encoded = (value: Request.Request): Uint8Array => {
  switch (value._tag) {
    case "SaveEndpoint":
      return list(
        "request=save_endp",
        `ttl=${value.ttlSeconds}`,
        `label=${value.label}`,
        `property=${value.properties}`,
        ...(value.farewell === undefined ? [] : [`farewell=${value.farewell}`])
      )
    case "FindEndpoint":
      return list("request=find_endp", `label=${value.label}`)
    case "SaveDestination":
      return list(
        "request=save_dest",
        `ttl=${value.ttlSeconds}`,
        `label=${value.label}`,
        `property=${value.properties}`,
        `label=${value.endpointLabel}`
      )
    case "FindDestination":
      return list("request=find_dest", `label=${value.label}`)
  }
}
