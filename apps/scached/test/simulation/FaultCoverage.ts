import type { SystemCallsShape } from "@scached/fdpass"

/** What must have been done to a system call over many seeds. */
export type Coverage =
  /** It was made, and failed in each of these ways: faults of the simulated kernel, and errors that `OddFaults` brings. */
  | { readonly fails: ReadonlyArray<string> }
  /** It has no way to fail: why. */
  | { readonly cannotFail: string }
  /** It was not made while the daemon serves: why. */
  | { readonly isNotMade: string }

const isForbidden = { isNotMade: "no client's request opens or names anything: see forbidding.ts" }
const isOfOthers = { isNotMade: "messages of several descriptors and packets are for programs that use the package" }
const makesNoCall = { isNotMade: "it is asked for once, when the loop is made, and takes memory only" }
const readsAClock = { cannotFail: "the clock is there" }

/**
 * Every system call of the boundary, so that one that is new or used anew must be thought of here.
 */
export const faultCoverage: { readonly [Call in keyof SystemCallsShape]: Coverage } = {
  accept: {
    fails: [
      "interrupted",
      "notReady",
      "processTableFull",
      "systemTableFull",
      "connectionAborted",
      "ENOMEM",
      "ENOBUFS",
      "EPERM"
    ]
  },
  receive: { fails: ["interrupted", "notReady", "shortRead", "processTableFull", "systemTableFull", "ENOMEM"] },
  send: { fails: ["interrupted", "notReady", "shortWrite", "noBuffers", "connectionBroken", "ENOMEM"] },
  sendDescriptor: {
    fails: ["interrupted", "notReady", "noBuffers", "tooManyReferences", "connectionBroken", "ENOMEM"]
  },
  discardUnread: { fails: ["ENOTCONN"] },
  plainMessages: { cannotFail: "what accept has returned is a socket" },
  passesDescriptors: { cannotFail: "a failure is the answer of a kernel that cannot forbid it" },
  peerCredentials: { fails: ["ENOBUFS"] },
  peerGroups: { fails: ["ENOMEM"] },
  socketKind: { cannotFail: "a descriptor that is open is of some kind" },
  socketCookie: { isNotMade: "scache-bench alone has use for it" },
  look: { fails: ["EINTR", "ENOMEM"] },
  epollAdd: { fails: ["noMemory", "watchLimit"] },
  epollModify: { fails: ["ENOMEM"] },
  epollWait: { fails: ["interrupted"] },
  poll: { fails: ["interrupted", "noMemory"] },
  epollRemove: { cannotFail: "what is taken out is in the set, and taking out needs no memory" },
  letGo: { cannotFail: "it tells nothing: whatever comes of a close, the number is free" },
  letGoAll: { isNotMade: "the simulated kernel makes a `letGo` of each" },
  monotonicMillis: readsAClock,
  wallMillis: { isNotMade: "only the beginning of the statistics asks for it, before anybody comes" },
  epollCreate: { isNotMade: "the set and the reserve are made before anybody comes: see SimulationStart.test.ts" },
  keepUrgent: { isNotMade: "`accept` does it, in the kernel's layer" },
  peek: { isNotMade: "it would wait for whoever reads from a copy" },
  closesUnderWay: { isNotMade: "nothing lingers in the simulated kernel, which counts no such question" },
  hurryCloses: { isNotMade: "nothing lingers in the simulated kernel" },
  writeElsewhere: { fails: ["notReady", "noThread", "late"] },
  drainElsewhere: { fails: ["notReady", "noThread", "late"] },
  tendErrands: { cannotFail: "it tells what came of others" },
  errandsUnderWay: { isNotMade: "the simulated kernel counts no such question" },
  stopLingering: { isNotMade: "`letGo` does it, in the kernel's layer" },
  duplicate: { isNotMade: "what is kept is what has come, and not a copy" },
  packetSocket: isOfOthers,
  packetSocketPair: isOfOthers,
  sendMessage: isOfOthers,
  receiveMessage: isOfOthers,
  adopt: { isNotMade: "it makes no system call" },
  makeReceiveBuffer: makesNoCall,
  makeReadinessBatch: makesNoCall,
  makePollBatch: makesNoCall,
  makeCallBatch: makesNoCall,
  socket: isForbidden,
  datagramSocket: isForbidden,
  socketPair: isForbidden,
  bind: isForbidden,
  listen: isForbidden,
  connect: isForbidden,
  identify: isForbidden,
  unlink: isForbidden,
  changeMode: isForbidden
}

/** What is missing, or too much, by how often calls were made and faults happened; empty when all is covered. */
export const coverageGaps = (
  calls: ReadonlyMap<string, number>,
  faults: ReadonlyMap<string, number>
): ReadonlyArray<string> => {
  const gaps: Array<string> = []
  const known = new Set<string>()
  for (const [call, coverage] of Object.entries<Coverage>(faultCoverage)) {
    const isMade = (calls.get(call) ?? 0) > 0
    if (isMade && "isNotMade" in coverage) gaps.push(`${call} was made while serving`)
    if (!("fails" in coverage)) continue
    if (!isMade) gaps.push(`${call} was not made while serving`)
    for (const fault of coverage.fails) {
      known.add(`${call}.${fault}`)
      if (!faults.has(`${call}.${fault}`)) gaps.push(`${call} did not fail with ${fault}`)
    }
  }
  for (const fault of faults.keys()) if (!known.has(fault)) gaps.push(`${fault} happened, and is not in the table`)
  return gaps
}
