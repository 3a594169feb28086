import { Errno } from "../../Errno.ts"
import type { Outcome } from "../../SystemCalls.ts"
import { ClosingThreads } from "./ClosingThreads.ts"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

const socketLevel = 1
const lingerOption = 13
const domainOption = 39
const unixFamily = 1
const internetFamilies: ReadonlySet<number> = new Set([2, 10])
const readable = 0x001
/** UNIX sockets whose queues are looked at with one call. */
const queuesMax = 256

/**
 * Closing numbers that somebody else has made, without waiting for anybody.
 *
 * Whoever made one may have copies, and may be in the middle of a call with one for as long as they like: its memory can be a page of a file
 * system of their own. Whatever takes the same lock waits along, and that is every read, a look at what could be read (MSG_PEEK) and
 * most of setsockopt. So only calls without locks are made here. A close takes such a lock too, but only of a socket of which nobody has
 * a copy any more, and those of the epoll sets that it is in, which no call tells; that of a pipe's end waits for whoever is writing to
 * the other end, and so goes to a thread.
 */
export const makeLetGo = () => {
  const { symbols, errno } = libc()
  /** `struct linger`, all zero: off. */
  const noLinger = new NativeBlock(8)
  const value = new NativeBlock(8)
  const length = new NativeBlock(4)
  /** `struct pollfd`. */
  const looked = new NativeBlock(8)
  const threads = new ClosingThreads()

  const familyOfNumber = (number: number): Outcome => {
    length.words[0] = 4
    const result = symbols.getsockopt(number, socketLevel, domainOption, value.address, length.address)
    return result < 0 ? -(errno[0] ?? Errno.EIO) : (value.words[0] ?? 0)
  }

  /** One that lingers for no time at all resets its connection, and waits for nobody. */
  const lingers = (number: number): boolean => {
    length.words[0] = 8
    const result = symbols.getsockopt(number, socketLevel, lingerOption, value.address, length.address)
    return result < 0 || (value.words[0] !== 0 && value.words[1] !== 0)
  }

  /**
   * What is in its queue may carry descriptors, which the kernel closes along with it; a listener's clients have queues with theirs. poll(2)
   * sees it whatever SO_PEEK_OFF says, and urgent data too. It also tells of a peer that has left: an empty queue cannot be told from one
   * with urgent data that somebody has read, which has no bytes (FIONREAD) and still its descriptor.
   */
  const isQueueEmpty = (number: number): boolean => {
    looked.words[0] = number
    looked.words[1] = readable
    // A socket that never had a peer has hung up too, which is told unasked.
    return symbols.poll(looked.address, 1, 0) >= 0 && ((looked.words[1] ?? 0) >>> 16) % 2 === 0
  }

  const isPrompt = (number: number, family: number): boolean =>
    internetFamilies.has(family) ? !lingers(number) : family === unixFamily && isQueueEmpty(number)

  const queues = new NativeBlock(8 * queuesMax)
  const queued: Array<number> = []

  /** Adds those of the UNIX sockets waiting in `queued` to `prompt` that have an empty queue, all asked with one call. */
  const sortQueued = (prompt: Array<number>): void => {
    for (const [index, number] of queued.entries()) {
      queues.words[2 * index] = number
      queues.words[2 * index + 1] = readable
    }
    const hasLooked = queued.length > 0 && symbols.poll(queues.address, queued.length, 0) >= 0
    for (const [index, number] of queued.entries()) {
      const found = (queues.words[2 * index + 1] ?? 0) >>> 16
      if (hasLooked && found % 2 === 0) prompt.push(number)
      else threads.close(number)
    }
    queued.length = 0
  }

  return {
    familyOfNumber,
    /** The result is that of setsockopt. */
    stopLingering: (number: number): number =>
      symbols.setsockopt(number, socketLevel, lingerOption, noLinger.address, 8),
    /** Adds what `letGo` would close at once to `prompt`; the others go to a thread. */
    sortPrompt: (
      numbers: ReadonlyArray<number>,
      families: ReadonlyArray<number | undefined>,
      prompt: Array<number>
    ): void => {
      for (const [index, number] of numbers.entries()) {
        const family = families[index] ?? familyOfNumber(number)
        if (family === unixFamily) queued.push(number)
        else if (isPrompt(number, family)) prompt.push(number)
        else threads.close(number)
        if (queued.length === queuesMax) sortQueued(prompt)
      }
      sortQueued(prompt)
    },
    letGo: (number: number, knownFamily?: number): void => {
      if (isPrompt(number, knownFamily ?? familyOfNumber(number))) symbols.close(number)
      else threads.close(number)
    },
    closesUnderWay: (): number => threads.count,
    hurryCloses: (): void => threads.hurry()
  }
}
