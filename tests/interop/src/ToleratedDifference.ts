/**
 * Where scached answers otherwise than scache(8), on purpose. Each is tried on both, so that none stays here after it has gone.
 *
 * @category differential
 */
import * as AttributeList from "./AttributeList.ts"
import type { Step } from "./CacheSession.ts"

/**
 * A difference: what is sent, what each of the two does, and why ours does not do the same.
 *
 * @category differential
 */
export interface ToleratedDifference {
  readonly name: string
  readonly reason: string
  readonly request: Buffer
  readonly scache: ReadonlyArray<string>
  readonly scached: ReadonlyArray<string>
}

const malformed = "says status|1||"
const accepted = "says status|0||"
const missed = "says status|2|property|||"

const oddTtl = (ttl: string, reason: string): ToleratedDifference => ({
  name: `a ttl of "${ttl}"`,
  reason,
  request: AttributeList.request.saveDestination(ttl, "odd", "", "odd"),
  scache: [accepted],
  scached: [malformed]
})

/**
 * All of them.
 *
 * @category differential
 */
export const toleratedDifferences: ReadonlyArray<ToleratedDifference> = [
  {
    name: "an empty list",
    reason:
      "a client that gets no answer waits until its time limit; a status tells it at once that something is wrong",
    request: AttributeList.list(),
    scache: [],
    scached: [malformed]
  },
  {
    name: "a list without a request",
    reason: "as for the empty list",
    request: AttributeList.list(["label", "x"]),
    scache: [],
    scached: [malformed]
  },
  {
    name: "an attribute before the request",
    reason: "a list begins with the request; that scache skips others, with a warning, is no promise of the protocol",
    request: AttributeList.list(["label", "x"], ["request", "find_endp"], ["label", "x"]),
    scache: [missed],
    scached: [malformed]
  },
  oddTtl("+5", "integers are decimal digits; the sign gets through by the C library's number parser"),
  oddTtl(" 5", "integers are decimal digits; the blank gets through by the C library's number parser"),
  oddTtl("4294967297", "it is above 2147483647; scache keeps the lower 32 bits and takes it for 1 second"),
  {
    name: "a second request in the same write",
    reason: "scache drops what it has read beyond the first request; a server must not lose what a client said",
    request: Buffer.concat([AttributeList.request.findEndpoint("x"), AttributeList.request.findDestination("y")]),
    scache: [missed],
    scached: ["says status|2|property|||status|2|property||property|||"]
  },
  {
    name: "a request of more than 64 KiB",
    reason: "scache keeps the memory for good; ours is bounded",
    request: AttributeList.request.findEndpoint("x".repeat(70_000)),
    scache: [missed],
    scached: ["says status|1|property|||", "closes"]
  },
  {
    name: "half a request",
    reason: "scache waits for the other half and serves nobody meanwhile",
    request: AttributeList.request.findEndpoint("x").subarray(0, 12),
    scache: ["stalls"],
    scached: []
  }
]

/**
 * A difference as a step to take.
 *
 * @category differential
 */
export const asStep = (difference: ToleratedDifference): Step => ({
  name: difference.name,
  request: difference.request,
  cargo: "descriptor"
})
