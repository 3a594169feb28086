import { Errno } from "../Errno.ts"
import { type Descriptor, numberOf } from "../internal/descriptor.ts"
import { wholeMillis } from "../internal/timeout.ts"
import { isPollable, SocketKind } from "../SocketKind.ts"
import { socketPathBytesMax } from "../SocketPath.ts"
import { type Outcome, Readiness, type SystemCallsShape } from "../SystemCalls.ts"
import { makeTracer } from "./callTracer.ts"
import { DatagramFile } from "./DatagramFile.ts"
import { EpollFile, SimulatedReadinessBatch } from "./EpollFile.ts"
import { type FaultKind, faultErrno } from "./FaultPlan.ts"
import { ForeignSocketFile } from "./ForeignSocketFile.ts"
import type { OpenFile } from "./OpenFile.ts"
import { SimulatedPollBatch } from "./SimulatedPollBatch.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import { SimulatedReceiveBuffer } from "./SimulatedReceiveBuffer.ts"
import { SocketFile } from "./SocketFile.ts"
import { makeErrands } from "./simulatedErrands.ts"
import { makeMessageCalls } from "./simulatedMessages.ts"

const kindOf = (file: OpenFile): SocketKind => {
  if (file instanceof ForeignSocketFile) return file.socketKind
  if (file instanceof SocketFile) return SocketKind.unixStream
  return file instanceof DatagramFile ? SocketKind.unixDatagram : SocketKind.unknown
}

/** The system calls of one simulated process. */
export const makeSystemCalls = (process: SimulatedProcess): SystemCallsShape => {
  const { kernel } = process

  const call = makeTracer(process)

  /** The negated error number of the fault that is due, 0 when none is or when it only cuts short. */
  const fails = (fault: FaultKind | undefined): Outcome => {
    if (fault === undefined || faultErrno[fault] === 0) return 0
    process.faults.injected(fault)
    return -faultErrno[fault]
  }

  const anySocketOf = (descriptor: Descriptor, operation: string): SocketFile | DatagramFile | Outcome => {
    const file = process.lookUp(descriptor, operation)
    if (file === undefined) return -Errno.EBADF
    return file instanceof SocketFile || file instanceof DatagramFile ? file : -Errno.ENOTSOCK
  }

  const socketOf = (descriptor: Descriptor, operation: string): SocketFile | Outcome => {
    const file = anySocketOf(descriptor, operation)
    return file instanceof DatagramFile ? -Errno.EOPNOTSUPP : file
  }

  const newSocket = (label: string): SocketFile =>
    new SocketFile(kernel.nextFileId(), label, kernel.options.socketBufferBytes)

  const resolve = (path: string): string => process.resolve(path)

  const addressProblem = (path: string): Outcome => {
    if (Buffer.byteLength(path) > socketPathBytesMax) return -Errno.ENAMETOOLONG
    return path === "" || path.includes("\0") ? -Errno.EINVAL : 0
  }

  type SocketCalls = "socket" | "datagramSocket" | "socketPair" | "bind" | "listen" | "accept" | "connect"
  const sockets: Pick<SystemCallsShape, SocketCalls> = {
    socket: call("socket", () => {
      const failure = fails(process.drawFault("socket"))
      return failure < 0 ? failure : process.install(newSocket("socket"), "made by socket", "made")
    }),
    datagramSocket: call("datagramSocket", () => {
      const failure = fails(process.drawFault("datagramSocket"))
      if (failure < 0) return failure
      const file = new DatagramFile(kernel.nextFileId(), "datagram socket", kernel.options.socketBufferBytes)
      return process.install(file, "made by socket", "made")
    }),
    socketPair: call("socketPair", () => {
      const failure = fails(process.drawFault("socketPair"))
      if (failure < 0) return failure
      if (process.room < 2) return -Errno.EMFILE
      const ends = [newSocket("pair, one end"), newSocket("pair, other end")] as const
      ends[0].pairWith(ends[1])
      for (const end of ends) end.credentials = process.peerIdentity
      const first = process.install(ends[0], "made by socketpair", "made")
      const second = process.install(ends[1], "made by socketpair", "made")
      if (typeof first === "number" || typeof second === "number") throw new Error("there was room for two")
      return [first, second] as const
    }),
    bind: call("bind", (socket: Descriptor, path: string, mode?: number) => {
      const file = anySocketOf(socket, "bind")
      if (typeof file === "number") return file
      const problem = addressProblem(path)
      return problem < 0 ? problem : kernel.files.bind(resolve(path), file, process.credentials, mode)
    }),
    listen: call("listen", (socket: Descriptor, backlog: number) => {
      const file = socketOf(socket, "listen")
      return typeof file === "number" ? file : file.listen(backlog, process.peerIdentity)
    }),
    accept: call("accept", (listener: Descriptor) => {
      const file = process.lookUp(listener, "accept")
      if (file === undefined) return -Errno.EBADF
      const fault = process.drawFault("accept")
      if (fault === "connectionAborted") {
        const waiting = file instanceof SocketFile ? file.takePending() : undefined
        if (waiting === undefined) return -Errno.EAGAIN
        waiting.abandon()
      }
      const failure = fails(fault)
      if (failure < 0) return failure
      // Linux reserves the number before it looks at the socket.
      if (process.room <= 0) return -Errno.EMFILE
      if (file instanceof DatagramFile) return -Errno.EOPNOTSUPP
      if (!(file instanceof SocketFile)) return -Errno.ENOTSOCK
      if (file.state !== "listening") return -Errno.EINVAL
      const accepted = file.takePending()
      return accepted === undefined
        ? -Errno.EAGAIN
        : process.install(accepted, `accepted from ${file.describe()}`, "made")
    }),
    connect: call("connect", (socket: Descriptor, path: string) => {
      const file = anySocketOf(socket, "connect")
      if (typeof file === "number") return file
      const problem = addressProblem(path) || fails(process.drawFault("connect"))
      if (problem < 0) return problem
      const listener = kernel.files.reach(resolve(path), process.credentials)
      if (typeof listener === "number") return listener
      if (file instanceof DatagramFile) {
        return listener instanceof DatagramFile ? file.connectTo(listener) : -Errno.EPROTOTYPE
      }
      if (listener instanceof DatagramFile) return -Errno.EPROTOTYPE
      return file.connectTo(listener, process.peerIdentity, () => newSocket(`${path}, from ${process.name}`))
    })
  }

  /**
   * Puts the first file that came into the buffer and closes the others. Where there is no number left the kernel stops, and loses that
   * one and those behind it.
   */
  const deliver = (
    files: ReadonlyArray<OpenFile>,
    into: SimulatedReceiveBuffer,
    fault: FaultKind | undefined
  ): void => {
    const isFull = fault === "processTableFull" || fault === "systemTableFull"
    if (isFull) process.faults.injected(fault)
    const surplus: Array<Descriptor> = []
    for (const [index, file] of files.entries()) {
      const received = isFull || into.truncated ? -Errno.EMFILE : process.install(file, "received", "received")
      if (typeof received === "number") {
        into.truncated = true
        kernel.ledger.record("lost", process.name, -1, file, "could not receive, and lost")
      } else if (index === 0) into.putDescriptor(received)
      else surplus.push(received)
      // The message's own reference.
      file.release()
    }
    into.surplus = surplus.length
    for (const each of surplus) each.close()
  }

  type TransferCalls =
    | "receive"
    | "send"
    | "sendDescriptor"
    | "discardUnread"
    | "keepUrgent"
    | "plainMessages"
    | "passesDescriptors"
    | "peerCredentials"
    | "peerGroups"
    | "peek"
    | "socketKind"
    | "socketCookie"
    | "look"
    | "stopLingering"
    | "letGo"
    | "letGoAll"
  const transfer: Pick<SystemCallsShape, TransferCalls> = {
    receive: call("receive", (socket: Descriptor, into, bytesMax?: number) => {
      if (!(into instanceof SimulatedReceiveBuffer)) throw new TypeError("a receive buffer of another layer")
      const room = Math.min(bytesMax ?? into.bytes.length, into.bytes.length)
      if (room < 1) throw new RangeError("a read of no bytes looks like the end of the stream")
      into.truncated = false
      into.surplus = 0
      into.putDescriptor(undefined)
      const file = anySocketOf(socket, "receive")
      if (typeof file === "number") return file
      const fault = process.drawFault("receive")
      const failure = fault === "interrupted" || fault === "notReady" ? fails(fault) : 0
      if (failure < 0) return failure
      if (file instanceof DatagramFile) return file.receive(into.bytes, room)
      const full = fault === "shortRead" ? Math.min(room, file.waitingBytes) : room
      const isShort = fault === "shortRead" && full > 1
      if (isShort) process.faults.injected("shortRead")
      const limit = isShort ? 1 + kernel.random.below(full - 1) : room
      return file.receive(into.bytes, limit, (files) => deliver(files, into, fault))
    }),
    send: call("send", (socket: Descriptor, bytes: Uint8Array) => {
      const file = anySocketOf(socket, "send")
      if (typeof file === "number") return file
      const fault = process.drawFault("send")
      if (file instanceof DatagramFile)
        return fails(fault === "connectionBroken" ? undefined : fault) || file.send(bytes)
      if (fault === "connectionBroken") file.breakConnection()
      const failure = fails(fault)
      if (failure < 0) return failure
      if (fault !== "shortWrite" || bytes.length < 2) return file.send(bytes, [])
      process.faults.injected("shortWrite")
      return file.send(bytes.subarray(0, 1 + kernel.random.below(bytes.length - 1)), [])
    }),
    sendDescriptor: call("sendDescriptor", (socket: Descriptor, passed: Descriptor) => {
      const file = socketOf(socket, "sendDescriptor")
      if (typeof file === "number") return file
      const cargo = process.lookUp(passed, "sendDescriptor")
      if (cargo === undefined) return -Errno.EBADF
      const fault = process.drawFault("sendDescriptor")
      if (fault === "connectionBroken") file.breakConnection()
      const failure = fails(fault)
      if (failure < 0) return failure
      const outcome = file.send(new Uint8Array(1), [cargo])
      if (outcome > 0) process.notePassed([passed], [cargo], file)
      return outcome
    }),
    discardUnread: call("discardUnread", (socket: Descriptor, descriptorsMax = Number.POSITIVE_INFINITY) => {
      const file = socketOf(socket, "discardUnread")
      if (typeof file === "number") return file
      const stopped = file.stopReceiving()
      if (stopped < 0) return stopped
      const unread = new SimulatedReceiveBuffer(4_096)
      let descriptors = 0
      const take = (files: ReadonlyArray<OpenFile>) => {
        descriptors += files.length
        deliver(files, unread, undefined)
      }
      while (descriptors < descriptorsMax) {
        if (file.receive(unread.bytes, unread.bytes.length, take) <= 0) return 0
        unread.putDescriptor(undefined)
      }
      return 1
    }),
    // There is no urgent data here.
    keepUrgent: call("keepUrgent", (socket: Descriptor) => {
      const file = anySocketOf(socket, "keepUrgent")
      return typeof file === "number" ? file : 0
    }),
    // No message has others beside it here, and every socket takes descriptors.
    plainMessages: call("plainMessages", (socket: Descriptor) => {
      const file = anySocketOf(socket, "plainMessages")
      return typeof file === "number" ? file : 0
    }),
    passesDescriptors: call("passesDescriptors", (socket: Descriptor) => {
      const file = anySocketOf(socket, "passesDescriptors")
      return typeof file === "number" ? file : 1
    }),
    peerCredentials: call("peerCredentials", (socket: Descriptor) => {
      const file = anySocketOf(socket, "peerCredentials")
      if (typeof file === "number") return file
      const { gid, pid, uid } = file.credentials
      return { pid, uid, gid }
    }),
    peerGroups: call("peerGroups", (socket: Descriptor) => {
      const file = anySocketOf(socket, "peerGroups")
      return typeof file === "number" ? file : (file.credentials.groups ?? -Errno.ENODATA)
    }),
    peek: call("peek", (socket: Descriptor) => {
      const file = anySocketOf(socket, "peek")
      return typeof file === "number" ? file : file.peek()
    }),
    socketKind: call("socketKind", (descriptor: Descriptor) => {
      const file = process.lookUp(descriptor, "socketKind")
      return file === undefined ? -Errno.EBADF : kindOf(file)
    }),
    socketCookie: call("socketCookie", (descriptor: Descriptor) => {
      const file = anySocketOf(descriptor, "socketCookie")
      return typeof file === "number" ? file : file.id
    }),
    look: call("look", (descriptor: Descriptor, readiness: number, isThorough = false) => {
      const file = process.lookUp(descriptor, "look")
      if (file === undefined) return -Errno.EBADF
      if (!isPollable(kindOf(file))) return -Errno.ENOTSOCK
      const found = file.poll() & (readiness | Readiness.error | Readiness.hangUp)
      const isOver = (found & (Readiness.hangUp | Readiness.peerClosed)) !== 0
      const isShut =
        isThorough && file instanceof SocketFile && !isOver && (found & Readiness.writable) !== 0 && !file.canSend
      return isShut ? found | Readiness.error : found
    }),
    letGo: call("letGo", (descriptor: Descriptor) => {
      if (process.lookUp(descriptor, "letGo") !== undefined) descriptor.close()
    }),
    // Recorded as the calls of `letGo` that it stands for.
    letGoAll: (descriptors) => {
      for (const descriptor of descriptors) transfer.letGo(descriptor)
    },
    stopLingering: call("stopLingering", (socket: Descriptor) => {
      const file = anySocketOf(socket, "stopLingering")
      return typeof file === "number" ? file : 0
    })
  }

  const epollOf = (descriptor: Descriptor, operation: string): EpollFile | Outcome => {
    const file = process.lookUp(descriptor, operation)
    if (file === undefined) return -Errno.EBADF
    return file instanceof EpollFile ? file : -Errno.EINVAL
  }

  /** The set and the file that an epoll_ctl is about; EPERM goes before EINVAL in Linux. */
  const control = (
    epoll: Descriptor,
    watched: Descriptor,
    run: (set: EpollFile, file: OpenFile) => Outcome
  ): Outcome => {
    const set = epollOf(epoll, "epoll_ctl")
    const file = process.lookUp(watched, "epoll_ctl")
    if (file === undefined || set === -Errno.EBADF) return -Errno.EBADF
    if (!file.isPollable) return -Errno.EPERM
    return typeof set === "number" ? set : run(set, file)
  }

  /** POLLNVAL: the number is not in use. */
  const notOpen = 0x020

  type EpollCalls = "epollCreate" | "epollAdd" | "epollModify" | "epollRemove" | "epollWait" | "poll"
  const epolls: Pick<SystemCallsShape, EpollCalls> = {
    epollCreate: call("epollCreate", () => {
      const failure = fails(process.drawFault("epollCreate"))
      return failure < 0
        ? failure
        : process.install(new EpollFile(kernel.nextFileId(), "epoll"), "made by epoll", "made")
    }),
    epollAdd: call("epollAdd", (epoll: Descriptor, watched: Descriptor, readiness: number, token: number) =>
      control(epoll, watched, (set, file) => {
        const failure = fails(process.drawFault("epollAdd"))
        return failure < 0 ? failure : set.add(file, numberOf(watched), readiness, token)
      })
    ),
    epollModify: call("epollModify", (epoll: Descriptor, watched: Descriptor, readiness: number, token: number) =>
      control(epoll, watched, (set, file) => set.modify(file, numberOf(watched), readiness, token))
    ),
    epollRemove: call("epollRemove", (epoll: Descriptor, watched: Descriptor) =>
      control(epoll, watched, (set, file) => set.remove(file, numberOf(watched)))
    ),
    epollWait: call("epollWait", (epoll: Descriptor, batch, timeoutMillis: number) => {
      if (!(batch instanceof SimulatedReadinessBatch)) throw new TypeError("a readiness batch of another layer")
      const set = epollOf(epoll, "epoll_wait")
      if (typeof set === "number") return set
      const failure = fails(process.drawFault("epollWait"))
      if (failure < 0) return failure
      kernel.world.wait(() => !process.isAlive || set.poll() !== 0, wholeMillis(timeoutMillis))
      return process.isAlive ? set.collect(batch) : -Errno.EBADF
    }),
    poll: call("poll", (batch, count: number) => {
      if (!(batch instanceof SimulatedPollBatch)) throw new TypeError("a poll batch of another layer")
      const failure = fails(process.drawFault("poll"))
      if (failure < 0) return failure
      return batch.look(count, (descriptor, wanted) => {
        const file = process.lookUp(descriptor, "poll")
        return file === undefined ? notOpen : file.poll() & (wanted | Readiness.error | Readiness.hangUp)
      })
    })
  }

  return {
    ...sockets,
    ...transfer,
    ...epolls,
    ...makeMessageCalls(process, { call, fails, socketOf }),
    // One by one: what a loop makes of batches is tested with those of `OneByOne`.
    makeCallBatch: () => undefined,
    // Nothing lingers here.
    closesUnderWay: () => 0,
    hurryCloses: () => {},
    ...makeErrands(process),
    makeReceiveBuffer: (bytesMax) => new SimulatedReceiveBuffer(bytesMax),
    makeReadinessBatch: (capacity) => new SimulatedReadinessBatch(capacity),
    makePollBatch: (capacity) => new SimulatedPollBatch(capacity),
    identify: call("identify", (path: string) => {
      const found = kernel.files.find(resolve(path))
      return typeof found === "number" ? found : found.identity
    }),
    unlink: call("unlink", (path: string) => kernel.files.unlink(resolve(path), process.credentials)),
    changeMode: call("changeMode", (path: string, mode: number) =>
      kernel.files.changeMode(resolve(path), mode, process.credentials)
    ),
    duplicate: call("duplicate", (descriptor: Descriptor) => {
      const file = process.lookUp(descriptor, "duplicate")
      if (file === undefined) return -Errno.EBADF
      const failure = fails(process.drawFault("duplicate"))
      return failure < 0 ? failure : process.install(file, "made by duplicate", "made")
    }),
    adopt: (number) => process.adopt(number),
    monotonicMillis: () => kernel.nowMillis,
    wallMillis: () => kernel.wallMillis
  }
}
