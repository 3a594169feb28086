import type { Outcome } from "../../SystemCalls.ts"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

const socketLevel = 1
const typeOption = 3
const passesDescriptorsOption = 83
/** SO_PASSCRED, SO_PASSSEC and SO_PASSPIDFD, and SO_TIMESTAMP, SO_TIMESTAMPNS and SO_TIMESTAMPING, which 64-bit machines have twice. */
const messageOptions = [16, 34, 76, 29, 35, 37, 63, 64, 65] as const

/** Options that the maker of a socket may have set, and their removal. */
export const makeSocketOptions = () => {
  const { symbols } = libc()
  const value = new NativeBlock(4)
  const length = new NativeBlock(4)
  const off = new NativeBlock(4)

  /** The value of one of SOL_SOCKET's options. */
  const option = (number: number, name: number): Outcome => {
    length.words[0] = 4
    const result = symbols.getsockopt(number, socketLevel, name, value.address, length.address)
    return result < 0 ? result : (value.words[0] ?? 0)
  }

  return {
    passesDescriptors: (number: number): Outcome => option(number, passesDescriptorsOption),
    plainMessages: (number: number): Outcome => {
      const type = option(number, typeOption)
      if (type < 0) return type
      let count = 0
      for (const name of messageOptions) {
        // A kernel that does not know the option cannot have it on.
        if (option(number, name) <= 0) continue
        const switched = symbols.setsockopt(number, socketLevel, name, off.address, 4)
        if (switched < 0) return switched
        count++
      }
      return count
    }
  }
}
