import { Errno, type Outcome } from "@scached/fdpass"
import { cLibrary, NativeBlock } from "@scached/fdpass/kernel"
import type { CapabilitySets } from "../ProcessCalls.ts"

/** _LINUX_CAPABILITY_VERSION_3: sets of 64 bits, each as two words. */
const version = 0x20080522
const readBounding = 23
const dropBounding = 24
const ambient = 47
const ambientIsSet = 1
const ambientClearAll = 4
/** No kernel knows more; it says EINVAL for the first that it does not know. */
const capabilitiesMax = 64

/** The calls about this thread's capabilities. */
export const makeCapabilityCalls = () => {
  const { symbols } = cLibrary()
  const header = new NativeBlock(8)
  /** Twice `struct __user_cap_data_struct`: effective, permitted and inheritable of the low and the high 32. */
  const data = new NativeBlock(24)
  // The kernel writes the version that it would like into one it does not know, and a thread number of 0 is this thread.
  const prepare = (): void => header.words.set([version, 0])
  const set = (index: number): bigint => BigInt(data.words[index] ?? 0) | (BigInt(data.words[index + 3] ?? 0) << 32n)

  /** The set of those for which prctl answers 1. */
  const collect = (ask: (capability: number) => number): bigint => {
    let found = 0n
    for (let capability = 0; capability < capabilitiesMax; capability++) {
      const answer = ask(capability)
      if (answer < 0) break
      if (answer === 1) found |= 1n << BigInt(capability)
    }
    return found
  }

  return {
    capabilities: (): CapabilitySets | Outcome => {
      prepare()
      const outcome = symbols.capget(header.address, data.address)
      if (outcome < 0) return outcome
      return {
        effective: set(0),
        permitted: set(1),
        inheritable: set(2),
        bounding: collect((capability) => symbols.prctl(readBounding, capability, 0, 0, 0)),
        ambient: collect((capability) => symbols.prctl(ambient, ambientIsSet, capability, 0, 0))
      }
    },
    clearCapabilities: (): Outcome => {
      // Clearing the permitted and inheritable sets clears the ambient one too; done first all the same, as that needs no right.
      symbols.prctl(ambient, ambientClearAll, 0, 0, 0)
      prepare()
      data.words.fill(0)
      return symbols.capset(header.address, data.address)
    },
    dropBoundingSet: (): Outcome => {
      for (let capability = 0; capability < capabilitiesMax; capability++) {
        const failure = symbols.prctl(dropBounding, capability, 0, 0, 0)
        if (failure >= 0) continue
        return failure === -Errno.EINVAL && capability > 0 ? 0 : failure
      }
      return 0
    }
  }
}
