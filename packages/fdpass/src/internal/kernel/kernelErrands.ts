import type { SystemCallsShape } from "../../SystemCalls.ts"
import { numberOf } from "../descriptor.ts"
import { ErrandLane, type ErrandStarter } from "./ErrandLane.ts"
import { drainBytesMax, writeBytesMax } from "./ErrandList.ts"
import { loadErrandCode } from "./errandCode.ts"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

const setMask = 2
/** sizeof(sigset_t). */
const signalSetBytes = 128

/** Throws where threads cannot be started at all, with a C library from before these functions were in its one file. */
const openStarter = (): ErrandStarter => {
  const { functionNamed, symbols } = libc()
  functionNamed("pthread_tryjoin_np")
  // Where no memory can be made executable the addon is there, which has the same as a function.
  const code = loadErrandCode() ?? functionNamed("scached_run_errands")
  const made = new NativeBlock(8)
  const all = new NativeBlock(signalSetBytes)
  const usual = new NativeBlock(signalSetBytes)
  all.bytes.fill(0xff)
  return {
    start: (list) => {
      // Signals are left to the thread that the runtime expects them on.
      symbols.pthread_sigmask(setMask, all.address, usual.address)
      const outcome = symbols.pthread_create(made.address, 0, code, list.address)
      symbols.pthread_sigmask(setMask, usual.address, 0)
      return outcome === 0 ? (made.words[0] ?? 0) + (made.words[1] ?? 0) * 2 ** 32 : undefined
    },
    hasEnded: (thread) => symbols.pthread_tryjoin_np(thread, 0) === 0
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
