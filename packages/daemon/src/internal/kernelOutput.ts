import { constants, fstatSync, openSync, readFileSync } from "node:fs"
import { Errno, type Outcome } from "@scached/fdpass"
import { adoptDescriptor, cLibrary, errnoOf, NativeBlock, numberOf } from "@scached/fdpass/kernel"
import type { Output } from "../ProcessCalls.ts"

const sendWithoutWaiting = 0x40
const sendWithoutSignal = 0x4000
const pollWritable = 0x004
/** O_CLOEXEC, alike on all machines. */
const closeOnExec = 0o2000000
const standardError = 2
/** A pipe that is writable has room for so many bytes at least. */
const guardedBytesMax = 4_096
/** Its number of the controlling terminal is the seventh field of /proc/self/stat, the fifth behind the program's name. */
const terminalField = 4

/** The device number of the controlling terminal, as fstat(2) has it; 0 where there is none. */
const controllingTerminal = (): number => {
  try {
    const text = readFileSync("/proc/self/stat", "latin1")
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return Number(fields[terminalField])
  } catch {
    return 0
  }
}

const reopen = (path: string): number => {
  const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants
  try {
    return openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | closeOnExec)
  } catch (error) {
    return -errnoOf(error)
  }
}

/**
 * A second open file of a terminal or a pipe. O_NONBLOCK set on the first one would hold for the shell as well, which shares it. After su(1) the
 * terminal is another user's, and can be opened under its other name only.
 */
const reopenStandardError = (device: number): number => {
  const opened = reopen("/proc/self/fd/2")
  return opened >= 0 || device !== controllingTerminal() ? opened : reopen("/dev/tty")
}

/** Standard error for writes that do not wait, or why there is none. */
export const openStandardError = (): Output | Outcome => {
  const { symbols } = cLibrary()
  const borrowed = adoptDescriptor(standardError, () => {})
  const writeDirectly = (bytes: Uint8Array): Outcome => symbols.write(standardError, bytes, bytes.length)
  try {
    const found = fstatSync(standardError)
    if (found.isSocket()) {
      const flags = sendWithoutWaiting | sendWithoutSignal
      const write = (bytes: Uint8Array): Outcome => symbols.send(standardError, bytes, bytes.length, flags)
      return { kind: "socket", descriptor: borrowed, write }
    }
    // Under the offset that others write at, too. A write of a file never says EAGAIN, O_NONBLOCK or not.
    if (found.isFile()) return { kind: "file", descriptor: borrowed, write: writeDirectly }
    const kind = found.isFIFO() ? "pipe" : "device"
    const number = reopenStandardError(found.isCharacterDevice() ? found.rdev : -1)
    if (number >= 0) {
      const descriptor = adoptDescriptor(number, (each) => symbols.close(each))
      return { kind, descriptor, write: (bytes) => symbols.write(numberOf(descriptor), bytes, bytes.length) }
    }
    // The next best: a writable output takes a line without blocking, unless another process fills it at this very moment.
    const pollRequest = new NativeBlock(8)
    const write = (bytes: Uint8Array): Outcome => {
      pollRequest.words.set([standardError, pollWritable])
      if (symbols.pollAtOnce(pollRequest.address, 1) < 1) return -Errno.EAGAIN
      return writeDirectly(bytes.subarray(0, guardedBytesMax))
    }
    return { kind, descriptor: borrowed, write }
  } catch (error) {
    return -errnoOf(error)
  }
}
