import { readdirSync } from "node:fs"
import type { Outcome } from "@scached/fdpass"
import { cLibrary, NativeBlock } from "@scached/fdpass/kernel"
import type { DescriptorLimit } from "../ProcessCalls.ts"

const openFiles = 7
const infinite = 0xffff_ffff_ffff_ffffn
const getDescriptorFlags = 1
/** fs.nr_open unless it was raised: the kernel gives no number above it, even if the limit is higher. */
const numbersMax = 1_048_576

/** Calls for the limit and the number of this process's descriptors. */
export const makeLimitCalls = () => {
  const { symbols } = cLibrary()
  /** `struct rlimit`: the soft and the hard limit, of 64 bits each. */
  const limit = new NativeBlock(16)
  const view = new DataView(limit.buffer)
  const numberAt = (offset: number): number => {
    const value = view.getBigUint64(offset, true)
    return value === infinite ? Number.POSITIVE_INFINITY : Number(value)
  }

  const descriptorLimit = (): DescriptorLimit | Outcome => {
    const outcome = symbols.getrlimit(openFiles, limit.address)
    return outcome < 0 ? outcome : { soft: numberAt(0), hard: numberAt(8) }
  }

  /** Tries every number below the limit, about 0.1 µs each: for processes without /proc, in a chroot for instance. */
  const countByAsking = (): number | Outcome => {
    const found = descriptorLimit()
    if (typeof found === "number") return found
    let count = 0
    for (let number = 0; number < Math.min(found.soft, numbersMax); number++) {
      if (symbols.fcntl(number, getDescriptorFlags, 0) >= 0) count++
    }
    return count
  }

  return {
    descriptorLimit,
    setDescriptorLimit: (soft: number): Outcome => {
      // Sets the hard limit to its old value.
      const found = symbols.getrlimit(openFiles, limit.address)
      if (found < 0) return found
      view.setBigUint64(0, soft === Number.POSITIVE_INFINITY ? infinite : BigInt(soft), true)
      return symbols.setrlimit(openFiles, limit.address)
    },
    countDescriptors: (): number | Outcome => {
      try {
        // Less one: the listing itself has a descriptor.
        return readdirSync("/proc/self/fd").length - 1
      } catch {
        return countByAsking()
      }
    }
  }
}
