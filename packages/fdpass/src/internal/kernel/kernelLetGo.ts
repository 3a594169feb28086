import { Errno } from "../../Errno.ts"
import { SocketKind } from "../../SocketKind.ts"
import type { Outcome } from "../../SystemCalls.ts"
import { type Descriptor, kindOf } from "../descriptor.ts"
import { type ClosingKind, ClosingThreads } from "./ClosingThreads.ts"
import { libc } from "./libc.ts"
import { NativeBlock } from "./nativeMemory.ts"

const socketLevel = 1
const typeOption = 3
const lingerOption = 13
const receiveLowOption = 18
const acceptsOption = 30
const protocolOption = 38
const domainOption = 39
const unixFamily = 1
const internetFamilies: ReadonlySet<number> = new Set([2, 10])
const streamType = 1
const tcpProtocol = 6
/** FIONREAD. */
const unreadRequest = 0x541b
const readable = 0x001
/** UNIX sockets whose queues are looked at with one call. */
const queuesMax = 256
/** sizeof(struct sockaddr_un), and what a socket without an address fills of it: the family. */
const addressBytes = 110
const unboundBytes = 2

const unixKinds: Readonly<Record<number, SocketKind>> = {
  1: SocketKind.unixStream,
  2: SocketKind.unixDatagram,
  5: SocketKind.unixPacket
}
const isUnix = (kind: number): boolean =>
  kind === SocketKind.unixStream || kind === SocketKind.unixPacket || kind === SocketKind.unixDatagram

/** All that a signal ends the close of. */
const interruptible: ReadonlySet<number> = new Set([SocketKind.tcp, SocketKind.internetStream, SocketKind.deaf])

/**
 * Closes descriptors that other processes created, without waiting for them.
 *
 * The process that created a descriptor may still hold copies of it, and may be blocked inside a system call on one of them indefinitely (for
 * example in a read into a page backed by its own FUSE file system). Any call that needs the same socket lock then blocks too: every read,
 * including MSG_PEEK, and most setsockopt calls. So only lock-free calls are used here. A close takes such a lock too, but only of a
 * socket of which there is no other copy, and those of the epoll sets that it is in, which no call reports.
 *
 * Only the kinds on a list are closed at once: TCP sockets that neither listen nor linger, and UNIX sockets without an address and
 * with an empty queue. These are not on it, since each was seen to block its closer: a listener with connections that were not accepted,
 * a UDP socket in a multicast group, an address that keeps a file system mounted, descriptors in a queue, and files.
 */
export const makeLetGo = () => {
  const { symbols } = libc()
  /** `struct linger`, all zero: off. */
  const noLinger = new NativeBlock(8)
  const value = new NativeBlock(8)
  const length = new NativeBlock(4)
  const address = new NativeBlock(addressBytes)
  /** `struct pollfd`. */
  const looked = new NativeBlock(8)
  const threads = new ClosingThreads()

  /** One of SOL_SOCKET's questions, none of which takes a lock. */
  const ask = (number: number, option: number): Outcome => {
    length.words[0] = 4
    const result = symbols.getsockopt(number, socketLevel, option, value.address, length.address)
    return result < 0 ? result : (value.words[0] ?? 0)
  }

  const internetKind = (number: number): SocketKind => {
    // The protocol does not tell the type: a raw socket can have TCP's, and can be in a multicast group.
    if (ask(number, typeOption) !== streamType) return SocketKind.internetDatagram
    if (ask(number, receiveLowOption) > 1) return SocketKind.deaf
    return ask(number, protocolOption) === tcpProtocol ? SocketKind.tcp : SocketKind.internetStream
  }

  const kindOfNumber = (number: number): SocketKind | Outcome => {
    const family = ask(number, domainOption)
    if (family === unixFamily) return unixKinds[ask(number, typeOption)] ?? SocketKind.unknown
    if (internetFamilies.has(family)) return internetKind(number)
    return family === -Errno.EBADF ? family : SocketKind.unknown
  }

  /** A socket that lingers for no time at all resets its connection, and does not block. */
  const lingers = (number: number): boolean => {
    length.words[0] = 8
    const result = symbols.getsockopt(number, socketLevel, lingerOption, value.address, length.address)
    return result < 0 || (value.words[0] !== 0 && value.words[1] !== 0)
  }

  /** A UNIX socket's address, a listener's among them, can be the last thing that keeps a file system mounted: its close unmounts it. */
  const isBound = (number: number): boolean => {
    length.words[0] = addressBytes
    return symbols.getsockname(number, address.address, length.address) < 0 || length.words[0] !== unboundBytes
  }

  /**
   * What is in its queue may carry descriptors, which the kernel closes along with it. poll(2) sees it whatever SO_PEEK_OFF says, and urgent
   * data too. It also reports a peer that has left: an empty queue looks the same as one with urgent data that was read, which
   * has no bytes (FIONREAD) and still its descriptor.
   */
  const isQueueEmpty = (number: number): boolean => {
    looked.words[0] = number
    looked.words[1] = readable
    // A socket that never had a peer has hung up too, which poll reports unasked.
    return symbols.pollAtOnce(looked.address, 1) >= 0 && ((looked.words[1] ?? 0) >>> 16) % 2 === 0
  }

  const isPrompt = (number: number, kind: number): boolean => {
    if (kind === SocketKind.tcp) return ask(number, acceptsOption) === 0 && !lingers(number)
    return isUnix(kind) && isQueueEmpty(number) && !isBound(number)
  }

  const hasNoBytes = (number: number): boolean =>
    symbols.ioctl(number, unreadRequest, value.address) >= 0 && value.words[0] === 0

  const closingKindOf = (number: number, kind: number): ClosingKind => {
    if (interruptible.has(kind)) return "lingering"
    return isUnix(kind) && !isBound(number) && hasNoBytes(number) ? "left" : "opaque"
  }

  const closeElsewhere = (number: number, kind: number): void => threads.add(number, closingKindOf(number, kind))

  const queues = new NativeBlock(8 * queuesMax)
  const queued: Array<number> = []
  const queuedKinds: Array<number> = []

  /** Adds those of the UNIX sockets waiting in `queued` to `prompt` that have an empty queue, all asked with one call. */
  const sortQueued = (prompt: Array<number>): void => {
    for (let index = 0; index < queued.length; index++) {
      queues.words[2 * index] = queued[index] ?? -1
      queues.words[2 * index + 1] = readable
    }
    const hasLooked = queued.length > 0 && symbols.pollAtOnce(queues.address, queued.length) >= 0
    for (const [index, number] of queued.entries()) {
      const found = (queues.words[2 * index + 1] ?? 0) >>> 16
      if (hasLooked && found % 2 === 0 && !isBound(number)) prompt.push(number)
      else closeElsewhere(number, queuedKinds[index] ?? SocketKind.unknown)
    }
    queued.length = 0
    queuedKinds.length = 0
  }

  const sortPrompt = (
    numbers: ReadonlyArray<number>,
    kinds: ReadonlyArray<number | undefined>,
    prompt: Array<number>
  ): void => {
    for (const [index, number] of numbers.entries()) {
      const kind = kinds[index] ?? kindOfNumber(number)
      if (isUnix(kind)) {
        queued.push(number)
        queuedKinds.push(kind)
      } else if (isPrompt(number, kind)) prompt.push(number)
      else closeElsewhere(number, kind)
      if (queued.length === queuesMax) sortQueued(prompt)
    }
    sortQueued(prompt)
  }

  const letGo = (number: number, knownKind?: number): void => {
    const kind = knownKind ?? kindOfNumber(number)
    if (isPrompt(number, kind)) symbols.close(number)
    else closeElsewhere(number, kind)
  }

  const letGoAll = (descriptors: ReadonlyArray<Descriptor>): void => {
    const kinds = descriptors.map(kindOf)
    const prompt: Array<number> = []
    sortPrompt(
      descriptors.map((descriptor) => descriptor.surrender()),
      kinds,
      prompt
    )
    for (const number of prompt) symbols.close(number)
  }

  return {
    kindOfNumber,
    /** The result is that of setsockopt. */
    stopLingering: (number: number): number =>
      symbols.setsockopt(number, socketLevel, lingerOption, noLinger.address, 8),
    /** Adds what `letGo` would close at once to `prompt`; the others go to a thread. */
    sortPrompt,
    letGo,
    letGoAll,
    closesUnderWay: (): number => threads.count,
    hurryCloses: (): void => threads.hurry()
  }
}
