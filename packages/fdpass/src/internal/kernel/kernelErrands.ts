import type { SystemCallsShape } from "../../SystemCalls.ts"
import { numberOf } from "../descriptor.ts"
import { ErrandLane, type ErrandStarter } from "./ErrandLane.ts"
import { drainBytesMax, writeBytesMax } from "./ErrandList.ts"
import { loadErrandCode } from "./errandCode.ts"
import { libc } from "./libc.ts"
import { NativeThreads } from "./NativeThreads.ts"

/** Throws where threads cannot be started at all. */
const openStarter = (): ErrandStarter => {
  const threads = new NativeThreads()
  // Where no memory can be made executable the addon is there, which has the same as a function.
  const code = loadErrandCode() ?? libc().functionNamed("scached_run_errands")
  return {
    start: (list) => threads.start(code, list.address),
    hasEnded: (thread) => threads.hasEnded(thread)
  }
}

type ErrandCalls = "writeElsewhere" | "drainElsewhere" | "errandsUnderWay" | "tendErrands"

/** Calls that may wait for another process with a copy of a socket, on separate threads. */
export const makeErrands = (): Pick<SystemCallsShape, ErrandCalls> => {
  const lane = new ErrandLane()
  let starter: ErrandStarter | undefined | "none"
  const open = (): ErrandStarter | "none" => {
    try {
      starter ??= openStarter()
    } catch {
      starter = "none"
    }
    return starter
  }
  const add = (errand: Parameters<ErrandLane["add"]>[0]): boolean => {
    const opened = open()
    return opened !== "none" && lane.add(errand, opened)
  }
  return {
    writeElsewhere: (socket, bytes, done) => {
      if (bytes.length < 1 || bytes.length > writeBytesMax) throw new RangeError(`${bytes.length} bytes to be written`)
      return add({ number: numberOf(socket), bytes, bytesMax: 0, done })
    },
    drainElsewhere: (socket, bytesMax, done) => {
      if (bytesMax < 1 || bytesMax > drainBytesMax) throw new RangeError(`${bytesMax} bytes to be thrown away`)
      return add({ number: numberOf(socket), bytes: undefined, bytesMax, done })
    },
    errandsUnderWay: () => lane.count,
    tendErrands: () => {
      if (starter !== undefined && starter !== "none") lane.tend(starter)
    }
  }
}
