/**
 * The system calls as the Linux kernel answers them, through the gate.
 *
 * @category layers
 */
import { chmodSync, lstatSync, unlinkSync } from "node:fs"
import { Effect, Layer } from "effect"
import { Errno } from "./Errno.ts"
import { adoptDescriptor, type Descriptor, kindOf, numberOf, rememberKind } from "./internal/descriptor.ts"
import { makeDuplicate } from "./internal/kernel/duplicate.ts"
import { errnoOf, fileOutcome } from "./internal/kernel/fileOutcome.ts"
import { makeErrands } from "./internal/kernel/kernelErrands.ts"
import { makeLetGo } from "./internal/kernel/kernelLetGo.ts"
import { libc } from "./internal/kernel/libc.ts"
import { makeMessages } from "./internal/kernel/messages.ts"
import {
  MessageBlock,
  NativeBlock,
  NativePollBatch,
  NativeReadinessBatch,
  NativeReceiveBuffer
} from "./internal/kernel/nativeMemory.ts"
import { sharedRing } from "./internal/kernel/Ring.ts"
import { RingBatch, type SingleCalls } from "./internal/kernel/RingBatch.ts"
import { makeSocketOptions } from "./internal/kernel/socketOptions.ts"
import { wholeMillis } from "./internal/timeout.ts"
import { currentPlatform, type Layout, layoutOf, UnsupportedPlatform } from "./Platform.ts"
import { isPollable, SocketKind } from "./SocketKind.ts"
import { socketPathBytesMax } from "./SocketPath.ts"
import { type FileIdentity, type Outcome, Readiness, SystemCalls, type SystemCallsShape } from "./SystemCalls.ts"

const unixFamily = 1
const streamType = 1
const datagramType = 2
const socketLevel = 1
const peerCredentialsOption = 17
const cookieOption = 57
const peerGroupsOption = 59
const shutdownReceiving = 0
const urgentInlineOption = 10
const peekOnly = 0x02
const dontWait = 0x40
const noSignal = 0x4000
const closeOnExecReceived = 0x40000000
const controlTruncated = 0x08
const receiveFlags = dontWait | closeOnExecReceived
const sendFlags = dontWait | noSignal
/** Bytes that are thrown away at once. */
const unreadBytesMax = 16_384
/** More reads than a socket's buffer has messages, 278 as Linux is set up. A bound all the same. */
const unreadReadsMax = 1_024
const permissionBits = 0o777
/**
 * What a system call costs from where on many are made together. 60 to 100 ns is usual, and batches are no faster there; where the guest's
 * kernel is itself a process of the host's (PVM) it was 1,000, and with batches on both sides a server did 220,000 operations for 100,000.
 */
const dearNanos = 200
const costRounds = 8
const callsPerRound = 16
/** As many groups as most peers have at most; for more a second call with room for all of them. */
const peerGroupsExpected = 64
const epollControlAdd = 1
const epollControlRemove = 2
const epollControlModify = 3

/** The least that a call takes, of some rounds: others may have had the processor in between. */
const nanosPer = (call: () => unknown): number => {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < costRounds; round++) {
    const begun = performance.now()
    for (let left = callsPerRound; left > 0; left--) call()
    least = Math.min(least, ((performance.now() - begun) * 1e6) / callsPerRound)
  }
  return least
}

/** What it takes to enter the kernel: a call that does nothing there, less one that stays here, since nothing is compiled yet. */
const nanosPerSystemCall = (): number => {
  const { symbols } = libc()
  // No descriptor has this number.
  return nanosPer(() => symbols.close(-1)) - nanosPer(() => symbols.abs(0))
}

let areCallsDear: boolean | undefined

/** Measured once. */
const isBatchingFaster = (): boolean => {
  areCallsDear ??= nanosPerSystemCall() >= dearNanos
  return areCallsDear
}

const make = (layout: Layout): SystemCallsShape => {
  const { symbols } = libc()
  const closeNumber = (number: number): void => {
    // Never repeated: on Linux the descriptor is gone even when close reports EINTR.
    symbols.close(number)
  }
  const owned = (number: number): Descriptor => adoptDescriptor(number, closeNumber)

  const commonFlags = layout.nonBlockingFlag | layout.closeOnExecFlag
  const socketFlags = streamType | commonFlags
  const address = new NativeBlock(2 + 108)
  const pair = new NativeBlock(8)
  const credentials = new NativeBlock(12)
  const optionLength = new NativeBlock(4)
  const peeked = new NativeBlock(8)
  const one = new NativeBlock(4)
  one.words[0] = 1
  const { passesDescriptors, plainMessages } = makeSocketOptions()
  const looked = new NativePollBatch(1)
  const event = new NativeReadinessBatch(layout, 1)
  const outgoing = new MessageBlock(layout, 1)

  const { closesUnderWay, kindOfNumber, hurryCloses, letGo, letGoAll, sortPrompt, stopLingering } = makeLetGo()

  /** Keeps the first descriptor that came and closes the rest, none of which may hold this thread up. */
  const takeReceived = (into: NativeReceiveBuffer): void => {
    // Looking for more in vain would cost each save two lists.
    const lone = into.message.loneNumber
    if (lone !== undefined) return into.putDescriptor(owned(lone))
    // Made by the kernel for this process only: their close does not block.
    for (const number of into.message.addedNumbers) closeNumber(number)
    const [first, ...rest] = into.message.receivedNumbers
    if (first !== undefined) into.putDescriptor(owned(first))
    into.surplus = rest.length
    for (const number of rest) letGo(number)
  }

  /** Before the call, so that a failed read leaves nothing of the last one behind: the buffer is shared by many connections. */
  const prepareReceive = (into: NativeReceiveBuffer, room: number): void => {
    into.truncated = false
    into.surplus = 0
    const untaken = into.takeDescriptor()
    if (untaken !== undefined) letGo(untaken.surrender())
    into.message.prepareToReceive(room)
  }

  const finishReceive = (into: NativeReceiveBuffer): void => {
    into.truncated = (into.message.flags & controlTruncated) !== 0
    if (into.message.hasControl) takeReceived(into)
  }

  const receive: SystemCallsShape["receive"] = (socket, into, bytesMax) => {
    if (!(into instanceof NativeReceiveBuffer)) throw new TypeError("a receive buffer of another layer")
    const room = Math.min(bytesMax ?? into.bytes.length, into.bytes.length)
    if (room < 1) throw new RangeError("a read of no bytes looks like the end of the stream")
    prepareReceive(into, room)
    const count = symbols.recvmsg(numberOf(socket), into.message.address, receiveFlags)
    if (count < 0) return count
    finishReceive(into)
    return count
  }

  const send: SystemCallsShape["send"] = (socket, bytes) => {
    const count = symbols.send(numberOf(socket), bytes, bytes.length, sendFlags)
    return count
  }

  const sendDescriptor: SystemCallsShape["sendDescriptor"] = (socket, passed) => {
    outgoing.prepareToSend(numberOf(passed))
    return symbols.sendmsg(numberOf(socket), outgoing.address, sendFlags)
  }

  const singleCalls: SingleCalls = {
    receive,
    send,
    sendDescriptor,
    prepareReceive: (into) => prepareReceive(into, into.bytes.length),
    finishReceive,
    sortPrompt,
    closeNumber,
    receiveFlags,
    sendFlags
  }
  const makeCallBatch: SystemCallsShape["makeCallBatch"] = (capacity, batching) => {
    if (batching === "never" || (batching === "auto" && !isBatchingFaster())) return undefined
    const ring = sharedRing()
    return ring === undefined ? undefined : new RingBatch(ring, singleCalls, layout, capacity)
  }

  const unread = new NativeReceiveBuffer(layout, unreadBytesMax)
  const keepUrgent = (number: number): Outcome =>
    symbols.setsockopt(number, socketLevel, urgentInlineOption, one.address, 4)

  const discardUnread: SystemCallsShape["discardUnread"] = (socket, descriptorsMax = Number.POSITIVE_INFINITY) => {
    const stopped = symbols.shutdown(numberOf(socket), shutdownReceiving)
    if (stopped < 0) return stopped
    keepUrgent(numberOf(socket))
    let descriptors = 0
    for (let left = unreadReadsMax; left > 0; left--) {
      if (descriptors >= descriptorsMax) return 1
      const count = receive(socket, unread)
      const first = unread.takeDescriptor()
      if (first !== undefined) letGo(first.surrender())
      descriptors += unread.surplus + (first === undefined ? 0 : 1)
      if (count <= 0 && count !== -Errno.EINTR) break
    }
    return 0
  }

  const socketKind: SystemCallsShape["socketKind"] = (descriptor) => {
    const known = kindOf(descriptor)
    if (known !== undefined) return known
    const kind = kindOfNumber(numberOf(descriptor))
    if (kind >= 0) rememberKind(descriptor, kind)
    return kind
  }

  const socketCookie: SystemCallsShape["socketCookie"] = (descriptor) => {
    optionLength.words[0] = 8
    const number = numberOf(descriptor)
    const result = symbols.getsockopt(number, socketLevel, cookieOption, peeked.address, optionLength.address)
    if (result < 0) return result
    // Counted from 1 on: 2^53 sockets are never made.
    return (peeked.words[0] ?? 0) + (peeked.words[1] ?? 0) * 0x1_0000_0000
  }

  /**
   * A UNIX stream whose peer reads no more still counts as writable. A write of no bytes fails then, and takes no lock; of TCP sockets it does,
   * and to a datagram socket it is a message.
   */
  const takesNothing = (number: number): boolean => symbols.send(number, one.bytes, 0, sendFlags) < 0

  const look: SystemCallsShape["look"] = (descriptor, readiness, isThorough = false) => {
    const kind = socketKind(descriptor)
    if (kind < 0) return kind
    if (!isPollable(kind)) return -Errno.ENOTSOCK
    looked.put(0, descriptor, readiness)
    const count = symbols.pollAtOnce(looked.block.address, 1)
    if (count < 0) return count
    const found = looked.readiness(0)
    const isOver = (found & (Readiness.hangUp | Readiness.peerClosed)) !== 0
    const asksMore =
      isThorough && kind === SocketKind.unixStream && !isOver && (readiness & found & Readiness.writable) !== 0
    return asksMore && takesNothing(numberOf(descriptor)) ? found | Readiness.error : found
  }

  const peerGroups = (number: number, room: number): ReadonlyArray<number> | Outcome => {
    const groups = new NativeBlock(4 * room)
    optionLength.words[0] = 4 * room
    const result = symbols.getsockopt(number, socketLevel, peerGroupsOption, groups.address, optionLength.address)
    const found = (optionLength.words[0] ?? 0) / 4
    if (result >= 0) return [...groups.words.subarray(0, found)]
    const failure = result
    return failure === -Errno.ERANGE && found > room ? peerGroups(number, found) : failure
  }

  /** Fills the address block and returns its length, or the negated error number for a path that is none. */
  const putAddress = (path: string): number => {
    const length = Buffer.byteLength(path)
    if (length > socketPathBytesMax) return -Errno.ENAMETOOLONG
    // To Linux a name that begins with NUL is an abstract one, which no file permission protects: an empty path would bind it.
    if (length === 0 || path.includes("\0")) return -Errno.EINVAL
    address.bytes.fill(0)
    address.bytes.writeUInt16LE(unixFamily, 0)
    address.bytes.write(path, 2)
    return 2 + length + 1
  }

  return SystemCalls.of({
    ...makeMessages(layout, { closeNumber, owned, prepareReceive }),
    socket: () => {
      const number = symbols.socket(unixFamily, socketFlags, 0)
      return number < 0 ? number : owned(number)
    },
    datagramSocket: () => {
      const number = symbols.socket(unixFamily, datagramType | commonFlags, 0)
      return number < 0 ? number : owned(number)
    },
    socketPair: () => {
      const made = symbols.socketpair(unixFamily, socketFlags, 0, pair.address)
      if (made < 0) return made
      return [owned(pair.words[0] ?? 0), owned(pair.words[1] ?? 0)]
    },
    bind: (socket, path, mode) => {
      const length = putAddress(path)
      if (length < 0) return length
      const bind = () => symbols.bind(numberOf(socket), address.address, length)
      if (mode === undefined) return bind()
      const mask = symbols.umask(permissionBits & ~mode)
      const bound = bind()
      symbols.umask(mask)
      return bound
    },
    listen: (socket, backlog) => symbols.listen(numberOf(socket), backlog),
    accept: (listener) => {
      const number = symbols.accept4(numberOf(listener), 0, 0, commonFlags)
      if (number < 0) return number
      // Nothing is lost of what came before: only a read throws urgent data away.
      keepUrgent(number)
      return owned(number)
    },
    connect: (socket, path) => {
      const length = putAddress(path)
      return length < 0 ? length : symbols.connect(numberOf(socket), address.address, length)
    },
    receive,
    send,
    sendDescriptor,
    discardUnread,
    keepUrgent: (socket) => keepUrgent(numberOf(socket)),
    plainMessages: (socket) => plainMessages(numberOf(socket)),
    passesDescriptors: (socket) => passesDescriptors(numberOf(socket)),
    peerCredentials: (socket) => {
      optionLength.words[0] = 12
      const result = symbols.getsockopt(
        numberOf(socket),
        socketLevel,
        peerCredentialsOption,
        credentials.address,
        optionLength.address
      )
      if (result < 0) return result
      return { pid: credentials.words[0] ?? 0, uid: credentials.words[1] ?? 0, gid: credentials.words[2] ?? 0 }
    },
    peerGroups: (socket) => peerGroups(numberOf(socket), peerGroupsExpected),
    peek: (socket) => symbols.recv(numberOf(socket), peeked.address, 1, peekOnly | dontWait),
    socketKind,
    socketCookie,
    look,
    letGo: (descriptor) => {
      const kind = kindOf(descriptor)
      letGo(descriptor.surrender(), kind)
    },
    letGoAll,
    closesUnderWay,
    hurryCloses,
    ...makeErrands(),
    stopLingering: (socket) => stopLingering(numberOf(socket)),
    epollCreate: () => {
      const number = symbols.epoll_create1(layout.closeOnExecFlag)
      return number < 0 ? number : owned(number)
    },
    epollAdd: (epoll, watched, readiness, token) => {
      event.put(readiness, token)
      return symbols.epoll_ctl(numberOf(epoll), epollControlAdd, numberOf(watched), event.block.address)
    },
    epollModify: (epoll, watched, readiness, token) => {
      event.put(readiness, token)
      return symbols.epoll_ctl(numberOf(epoll), epollControlModify, numberOf(watched), event.block.address)
    },
    epollRemove: (epoll, watched) =>
      symbols.epoll_ctl(numberOf(epoll), epollControlRemove, numberOf(watched), event.block.address),
    epollWait: (epoll, batch, timeoutMillis) => {
      if (!(batch instanceof NativeReadinessBatch)) throw new TypeError("a readiness batch of another layer")
      return symbols.epoll_wait(numberOf(epoll), batch.block.address, batch.capacity, wholeMillis(timeoutMillis))
    },
    poll: (batch, count) => {
      if (!(batch instanceof NativePollBatch)) throw new TypeError("a poll batch of another layer")
      return symbols.pollAtOnce(batch.block.address, Math.min(count, batch.capacity))
    },
    makeReceiveBuffer: (bytesMax) => new NativeReceiveBuffer(layout, bytesMax),
    makeReadinessBatch: (capacity) => new NativeReadinessBatch(layout, capacity),
    makePollBatch: (capacity) => new NativePollBatch(capacity),
    makeCallBatch,
    identify: (path) => {
      try {
        const found = lstatSync(path)
        const kind: FileIdentity["kind"] = found.isSocket() ? "socket" : found.isDirectory() ? "directory" : "other"
        return { kind, device: found.dev, inode: found.ino }
      } catch (error) {
        return -errnoOf(error)
      }
    },
    unlink: (path) => fileOutcome(() => unlinkSync(path)),
    changeMode: (path, mode) => fileOutcome(() => chmodSync(path, mode)),
    duplicate: makeDuplicate(owned),
    adopt: owned,
    monotonicMillis: () => performance.now(),
    wallMillis: () => Date.now()
  })
}

/**
 * Provides `SystemCalls` from the kernel of the named platform; fails at once with `UnsupportedPlatform` when its layouts are not known,
 * before any native code is touched.
 *
 * @category layers
 */
export const layerFor = (platform: string): Layer.Layer<SystemCalls, UnsupportedPlatform> =>
  Layer.effect(
    SystemCalls,
    Effect.flatMap(layoutOf(platform), (layout) =>
      Effect.try({
        try: () => make(layout),
        catch: (cause) => new UnsupportedPlatform({ platform, cause })
      })
    )
  )

/**
 * Provides `SystemCalls` from the kernel this process runs on.
 *
 * @category layers
 */
export const layer: Layer.Layer<SystemCalls, UnsupportedPlatform> = layerFor(currentPlatform)
