import type { OctetString } from "../../src/index.ts"
import type { Act } from "./ServerDriver.ts"

// It cannot lie: plain ASCII.
export const octets = (text: string): OctetString.OctetString => text as OctetString.OctetString

/** A store in which labels that begin with `no` are not cached. It keeps no state, so that splits cannot change its answers. */
export const act: Act = (step, session) => {
  switch (step._tag) {
    case "SaveEndpoint":
      return session.replyStatus(step.descriptor === undefined ? 2 : 0)
    case "SaveDestination":
      return session.replyStatus(0)
    case "FindEndpoint":
      return step.request.label.startsWith("no") ? session.replyStatus(2) : session.replyFound(octets("P"))
    case "FindDestination":
      return step.request.label.startsWith("no")
        ? session.replyStatus(2)
        : session.replyFound(octets("P"), octets("DP"))
    case "SendDescriptor":
      return session.descriptorSent()
  }
}
