import { Errno } from "../Errno.ts"
import { type Outcome, type PeerCredentials, Readiness } from "../SystemCalls.ts"
import { OpenFile } from "./OpenFile.ts"

/** What one write put into a queue: bytes, and the files that travel with the first of them. */
interface Segment {
  readonly bytes: Uint8Array
  readonly sender: SocketFile
  readonly cost: number
  files: ReadonlyArray<OpenFile>
  consumed: number
}

/**
 * What a segment costs its sender beyond its bytes, and how long writes are cut. Measured on Linux 6.18 with its buffer of 212,992 bytes:
 * it took 278 writes of one byte, and 219,264 bytes of one long write.
 */
const segmentOverheadBytes = 767
const segmentBytesMax = 36_544

/** Who is at the other end: what SO_PEERCRED and SO_PEERGROUPS tell. */
export interface PeerIdentity extends PeerCredentials {
  /** Undefined where there is no peer. */
  readonly groups: ReadonlyArray<number> | undefined
}

export const noPeer: PeerIdentity = { pid: 0, uid: 0xffffffff, gid: 0xffffffff, groups: undefined }

/**
 * A stream socket of the UNIX family, with the rules of Linux (`net/unix/af_unix.c`).
 *
 * The sender pays for what is queued at its peer, until the segment was read to its end. Closing with something unread is a
 * reset: the peer's next read says ECONNRESET once, and only then end of stream.
 */
export class SocketFile extends OpenFile {
  readonly kind = "socket"
  readonly isPollable = true
  credentials = noPeer
  /** Where it is bound; empty without an address. */
  path = ""
  readonly #bufferBytes: number
  #state: "closed" | "listening" | "connected" = "closed"
  #peer: SocketFile | undefined
  #queue: Array<Segment> = []
  #pending: Array<SocketFile> = []
  #backlog = 0
  #bufferUsed = 0
  /** Nothing more will come: its peer has closed, or it was told to receive no more. */
  #isReceivingOver = false
  /** Nothing can be sent: its peer has closed, or was told to receive no more. */
  #isSendingOver = false
  #error = 0

  constructor(id: number, label: string, bufferBytes: number) {
    super(id, label)
    this.#bufferBytes = bufferBytes
  }

  get state(): "closed" | "listening" | "connected" {
    return this.#state
  }

  /** How many connections wait to be accepted. */
  get pendingCount(): number {
    return this.#pending.length
  }

  /** How many bytes wait to be read. */
  get waitingBytes(): number {
    return this.#queue.reduce((sum, { bytes, consumed }) => sum + bytes.length - consumed, 0)
  }

  get peer(): SocketFile | undefined {
    return this.#peer
  }

  /** Whether a write of no bytes would succeed. */
  get canSend(): boolean {
    return this.#peer !== undefined && !this.#isSendingOver && !this.#peer.#isReceivingOver
  }

  poll(): number {
    let bits = 0
    if (this.#error !== 0) bits |= Readiness.error
    if (this.#isReceivingOver) bits |= Readiness.peerClosed | Readiness.readable
    if (this.#isReceivingOver && this.#isSendingOver) bits |= Readiness.hangUp
    if (this.#queue.length > 0 || this.#pending.length > 0) bits |= Readiness.readable
    if (this.#state === "closed") bits |= Readiness.hangUp
    if (this.#state !== "listening" && this.#bufferUsed * 4 <= this.#bufferBytes) bits |= Readiness.writable
    return bits
  }

  listen(backlog: number, credentials: PeerIdentity): Outcome {
    if (this.path === "" || this.#state === "connected") return -Errno.EINVAL
    this.#state = "listening"
    // A negative backlog is a very large one, and none may be above net.core.somaxconn.
    this.#backlog = Math.min(backlog >>> 0, 4096)
    this.credentials = credentials
    return 0
  }

  /** Joins two fresh sockets. */
  pairWith(other: SocketFile): void {
    this.#joinTo(other)
    other.#joinTo(this)
  }

  /** Connects to a listener; `makeServerEnd` makes the socket that its accept will return. */
  connectTo(listener: SocketFile, client: PeerIdentity, makeServerEnd: () => SocketFile): Outcome {
    if (listener.#state !== "listening" || listener.#isReceivingOver) return -Errno.ECONNREFUSED
    // One more than the backlog, as Linux counts.
    if (listener.#pending.length > listener.#backlog) return -Errno.EAGAIN
    if (this.#state !== "closed") return this.#state === "connected" ? -Errno.EISCONN : -Errno.EINVAL
    const serverEnd = makeServerEnd()
    // It has its listener's address.
    serverEnd.path = this.path
    serverEnd.credentials = client
    this.credentials = listener.credentials
    this.pairWith(serverEnd)
    listener.#pending.push(serverEnd)
    listener.changed()
    this.changed()
    return 0
  }

  /** The connection that waits longest. */
  takePending(): SocketFile | undefined {
    const taken = this.#pending.shift()
    if (taken !== undefined) this.changed()
    return taken
  }

  /** Queues what fits at the peer; the files travel with the first segment. */
  send(bytes: Uint8Array, files: ReadonlyArray<OpenFile>): Outcome {
    const peer = this.#peer
    if (peer === undefined) return -Errno.ENOTCONN
    if (this.#isSendingOver || peer.#isReceivingOver) return -Errno.EPIPE
    let sent = 0
    while (sent < bytes.length) {
      if (this.#bufferUsed >= this.#bufferBytes) break
      const size = Math.min(bytes.length - sent, segmentBytesMax, Math.max(1, this.#bufferBytes >> 1))
      const cost = size + segmentOverheadBytes
      const carried = sent === 0 ? files : []
      for (const file of carried) file.hold()
      this.#bufferUsed += cost
      peer.#queue.push({
        bytes: new Uint8Array(bytes.subarray(sent, sent + size)),
        sender: this,
        cost,
        files: carried,
        consumed: 0
      })
      sent += size
    }
    if (sent === 0 && bytes.length > 0) return -Errno.EAGAIN
    peer.changed()
    return sent
  }

  /**
   * Reads up to `bytesMax` bytes into `into`. Plain segments merge; the read ends behind the bytes that carried files. The
   * references of those files go to the caller through `take`.
   */
  receive(into: Uint8Array, bytesMax: number, take: (files: ReadonlyArray<OpenFile>) => void): Outcome {
    if (this.#state !== "connected") return -Errno.EINVAL
    let copied = 0
    while (copied < bytesMax) {
      const segment = this.#queue[0]
      if (segment === undefined) break
      const size = Math.min(segment.bytes.length - segment.consumed, bytesMax - copied)
      into.set(segment.bytes.subarray(segment.consumed, segment.consumed + size), copied)
      copied += size
      segment.consumed += size
      const files = segment.files
      segment.files = []
      if (files.length > 0) take(files)
      if (segment.consumed < segment.bytes.length) break
      this.#queue.shift()
      segment.sender.#refund(segment.cost)
      if (files.length > 0) break
    }
    return copied > 0 ? copied : this.#nothingToRead()
  }

  /** Whether there is something to read, which stays. */
  peek(): Outcome {
    if (this.#state !== "connected") return -Errno.EINVAL
    return this.#queue.length > 0 ? 1 : this.#nothingToRead()
  }

  /** Receives no more than what is here already. */
  stopReceiving(): Outcome {
    this.#isReceivingOver = true
    this.changed()
    const peer = this.#peer
    if (peer === undefined || peer.isGone) return 0
    peer.#isSendingOver = true
    peer.changed()
    return 0
  }

  /** Breaks the connection in the middle: each end finds the other closed. */
  breakConnection(): void {
    const peer = this.#peer
    if (peer === undefined) return
    this.#shutDown(false)
    peer.#shutDown(false)
  }

  /** Ends a connection that waits to be accepted and will not be. */
  abandon(): void {
    this.#tellPeer(true)
    this.end()
  }

  protected released(): void {
    for (const waiting of this.#pending.splice(0)) waiting.abandon()
    const unread = this.#queue.splice(0)
    this.#tellPeer(unread.length > 0)
    for (const segment of unread) {
      segment.sender.#refund(segment.cost)
      for (const file of segment.files) file.release()
    }
  }

  /** Why not: an error, which is reported once, or the end, or that nothing has come yet. */
  #nothingToRead(): Outcome {
    const error = this.#error
    this.#error = 0
    if (error !== 0) return -error
    return this.#isReceivingOver ? 0 : -Errno.EAGAIN
  }

  #joinTo(peer: SocketFile): void {
    this.#state = "connected"
    this.#peer = peer
  }

  #tellPeer(isReset: boolean): void {
    if (this.#peer !== undefined) this.#peer.#shutDown(isReset)
  }

  #refund(cost: number): void {
    this.#bufferUsed -= cost
    if (!this.isGone) this.changed()
  }

  #shutDown(isReset: boolean): void {
    this.#isReceivingOver = true
    this.#isSendingOver = true
    if (isReset) this.#error = Errno.ECONNRESET
    if (!this.isGone) this.changed()
  }
}
