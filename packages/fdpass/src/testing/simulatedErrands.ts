import { Errno } from "../Errno.ts"
import type { Descriptor } from "../internal/descriptor.ts"
import { type Outcome, Readiness, type SystemCallsShape } from "../SystemCalls.ts"
import { makeTracer } from "./callTracer.ts"
import { faultErrno } from "./FaultPlan.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import { SocketFile } from "./SocketFile.ts"

type ErrandCalls = "writeElsewhere" | "drainElsewhere" | "errandsUnderWay" | "tendErrands"

interface Errand {
  readonly run: () => Outcome
  readonly done: (outcome: Outcome) => void
  /** How often it is passed over: its thread has not come to it yet. */
  looksLeft: number
}

/** More than a careful program passes over between two looks. */
const looksMax = 6

/**
 * Errands of a simulated process. Each is run by a call of `tendErrands`: the next one, or with the fault `late` one of those behind it,
 * so that the world has gone on meanwhile.
 */
export const makeErrands = (process: SimulatedProcess): Pick<SystemCallsShape, ErrandCalls> => {
  const call = makeTracer(process)
  let errands: Array<Errand> = []

  const add = (name: "writeElsewhere" | "drainElsewhere", done: Errand["done"], run: Errand["run"]): boolean => {
    const fault = process.drawFault(name)
    if (fault !== undefined) process.faults.injected(fault)
    if (fault === "noThread") return false
    const looksLeft = fault === "late" ? 1 + process.kernel.random.below(looksMax) : 0
    const errno = fault === undefined ? 0 : faultErrno[fault]
    errands.push({ run: errno === 0 ? run : () => -errno, done, looksLeft })
    return true
  }

  const socketOf = (socket: Descriptor, operation: string): SocketFile | Outcome => {
    const file = process.lookUp(socket, operation)
    if (file === undefined) return -Errno.EBADF
    return file instanceof SocketFile ? file : -Errno.ENOTSOCK
  }

  return {
    writeElsewhere: call("writeElsewhere", (socket, bytes, done) =>
      add("writeElsewhere", done, () => {
        const file = socketOf(socket, "writeElsewhere")
        if (typeof file === "number") return file
        const heard = Readiness.readable | Readiness.peerClosed | Readiness.error | Readiness.hangUp
        return (file.poll() & heard) === 0 ? file.send(bytes, []) : 0
      })
    ) as SystemCallsShape["writeElsewhere"],
    drainElsewhere: call("drainElsewhere", (socket, bytesMax, done) =>
      add("drainElsewhere", done, () => {
        const file = socketOf(socket, "drainElsewhere")
        if (typeof file === "number") return file
        const drop = (files: ReadonlyArray<{ readonly release: () => void }>) => {
          for (const each of files) each.release()
        }
        return file.receive(new Uint8Array(bytesMax), bytesMax, drop)
      })
    ) as SystemCallsShape["drainElsewhere"],
    errandsUnderWay: () => errands.length,
    tendErrands: call("tendErrands", () => {
      const due = errands
      errands = []
      for (const errand of due) {
        if (errand.looksLeft-- > 0) errands.push(errand)
        else errand.done(errand.run())
      }
    })
  }
}
