import type { SystemCallsShape } from "../../SystemCalls.ts"
import { type Descriptor, numberOf } from "../descriptor.ts"
import { libc } from "./libc.ts"

/** F_DUPFD_CLOEXEC. */
const duplicateCloseOnExec = 1030
const lowestDuplicate = 3

/** Copies of descriptors that are not inherited, and take none of the standard numbers. */
export const makeDuplicate = (owned: (number: number) => Descriptor): SystemCallsShape["duplicate"] => {
  const { symbols } = libc()
  return (descriptor) => {
    const number = symbols.fcntl(numberOf(descriptor), duplicateCloseOnExec, lowestDuplicate)
    return number < 0 ? number : owned(number)
  }
}
