/** What is done to scached, its clients and the destination while mail goes on being delivered. */
import type { SystemCalls } from "@scached/fdpass"
import { AttributeList } from "@scached/interop"
import { killedStages } from "./ClientProcesses.ts"
import type { Random } from "./Random.ts"
import { offer, Visitor } from "./Visitor.ts"

/** The kinds of faults, for the report. */
export const faultKinds = [
  "client gone inside a request",
  "client gone before its descriptor",
  "client gone with a descriptor unread",
  "damaged bytes",
  ...killedStages,
  "no descriptors left (EMFILE)",
  "destination stopped and started",
  "scached killed (SIGKILL)",
  "scached ended (SIGTERM)"
] as const

/** One of the kinds. */
export type FaultKind = (typeof faultKinds)[number]

const ttlSeconds = 2
const waitMillisMax = 1_000

/** Saves a connection, finds it, and leaves before or after its descriptor came. */
const leaveInHandOver = (calls: SystemCalls["Service"], visitor: Visitor, label: string, isSent: boolean): void => {
  const { conversation } = visitor
  const offered = offer(calls)
  try {
    visitor.throwAt(AttributeList.request.saveEndpoint(ttlSeconds, label, ""))
    if (!conversation.hearsWithin(waitMillisMax)) return
    conversation.takeArrived()
    if (calls.sendDescriptor(visitor.socket, offered.near) < 0 || !conversation.hearsWithin(waitMillisMax)) return
    conversation.takeArrived()
    visitor.throwAt(AttributeList.request.findEndpoint(label))
    if (!conversation.hearsWithin(waitMillisMax) || !isSent) return
    conversation.takeArrived()
    visitor.throwAt(AttributeList.dummy)
    conversation.hearsWithin(waitMillisMax)
  } finally {
    offered.near.close()
    offered.far.close()
  }
}

/** A client that does something rude and is gone; says what it was. Nothing where nobody serves. */
export const visitRudely = (calls: SystemCalls["Service"], path: string, random: Random): FaultKind | undefined => {
  let visitor: Visitor
  try {
    visitor = new Visitor(calls, path)
  } catch {
    return undefined
  }
  const label = `rude ${random.below(10)}`
  try {
    const request = AttributeList.request.saveEndpoint(ttlSeconds, label, "p")
    switch (random.below(4)) {
      case 0:
        visitor.throwAt(request.subarray(0, random.below(request.length)))
        return "client gone inside a request"
      case 1:
        leaveInHandOver(calls, visitor, label, false)
        return "client gone before its descriptor"
      case 2:
        leaveInHandOver(calls, visitor, label, true)
        return "client gone with a descriptor unread"
      default:
        visitor.throwAt(Uint8Array.from({ length: 1 + random.below(200) }, () => random.below(256)))
        return "damaged bytes"
    }
  } finally {
    visitor.leave()
  }
}
