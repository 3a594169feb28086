import { close } from "node:fs"
import { Errno } from "../Errno.ts"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

const socketLevel = 1
const lingerOption = 13
const domainOption = 39
const unixDomain = 1
const internetDomains: ReadonlySet<number> = new Set([2, 10])
const peekOnly = 0x02
const dontWait = 0x40

const nothing = (): void => {}

/** Closing numbers that somebody else has made, without waiting for anybody. */
export const makeLetGo = () => {
  const { symbols, errno } = libc()
  /** `struct linger`, all zero: off. */
  const noLinger = new NativeBlock(8)
  const value = new NativeBlock(8)
  const length = new NativeBlock(4)

  /** The result is that of setsockopt. */
  const stopLingering = (number: number): number =>
    symbols.setsockopt(number, socketLevel, lingerOption, noLinger.address, 8)

  const isPrompt = (number: number): boolean => {
    length.words[0] = 4
    // No socket: close is then up to some file system or driver.
    if (symbols.getsockopt(number, socketLevel, domainOption, value.address, length.address) < 0) return false
    const domain = value.words[0] ?? 0
    if (internetDomains.has(domain)) return stopLingering(number) >= 0
    if (domain !== unixDomain) return false
    // What waits in it may carry descriptors, which the kernel closes along with it; a listener (EINVAL) has clients with theirs.
    const waiting = symbols.recv(number, value.address, 1, peekOnly | dontWait)
    return waiting === 0 || (waiting < 0 && errno[0] !== Errno.EINVAL)
  }

  const letGo = (number: number): void => {
    // Bun's function with a callback does it on a thread of its own pool: measured with a socket that lingers.
    if (isPrompt(number)) symbols.close(number)
    else close(number, nothing)
  }

  return { stopLingering, letGo }
}
