import { Errno } from "../Errno.ts"
import { type Outcome, Readiness } from "../SystemCalls.ts"
import { OpenFile } from "./OpenFile.ts"
import { noPeer } from "./SocketFile.ts"

/** net.unix.max_dgram_qlen unless it was raised; one more than that fits. */
const waitingMax = 10

/**
 * A datagram socket of the UNIX family: each write is one message at the peer it is connected to, which has a queue of few places.
 */
export class DatagramFile extends OpenFile {
  readonly kind = "socket"
  readonly isPollable = true
  readonly credentials = noPeer
  /** Where it is bound; empty without an address. */
  path = ""
  readonly #bufferBytes: number
  readonly #queue: Array<Uint8Array> = []
  readonly #senders = new Set<DatagramFile>()
  #peer: DatagramFile | undefined

  constructor(id: number, label: string, bufferBytes: number) {
    super(id, label)
    this.#bufferBytes = bufferBytes
  }

  /** How many datagrams wait to be read. */
  get waitingCount(): number {
    return this.#queue.length
  }

  poll(): number {
    const readable = this.#queue.length > 0 ? Readiness.readable : 0
    return this.#peer?.isFull === true ? readable : readable | Readiness.writable
  }

  get isFull(): boolean {
    return !this.isGone && this.#queue.length > waitingMax
  }

  /** Makes `peer` the place that `send` goes to, instead of the one before. */
  connectTo(peer: DatagramFile): Outcome {
    this.#leavePeer()
    this.#peer = peer
    peer.#senders.add(this)
    this.changed()
    return 0
  }

  send(bytes: Uint8Array): Outcome {
    const peer = this.#peer
    if (peer === undefined) return -Errno.ENOTCONN
    if (bytes.length > this.#bufferBytes) return -Errno.EMSGSIZE
    if (peer.isGone) {
      this.#peer = undefined
      return -Errno.ECONNREFUSED
    }
    if (peer.isFull) return -Errno.EAGAIN
    peer.#queue.push(new Uint8Array(bytes))
    peer.changed()
    return bytes.length
  }

  /** One datagram; what does not fit of it is lost. */
  receive(into: Uint8Array, bytesMax: number): Outcome {
    const first = this.#queue.shift()
    if (first === undefined) return -Errno.EAGAIN
    const taken = first.subarray(0, bytesMax)
    into.set(taken)
    for (const sender of this.#senders) sender.peerChanged()
    return taken.length
  }

  /** Whether a datagram waits. */
  peek(): Outcome {
    return this.#queue.length > 0 ? 1 : -Errno.EAGAIN
  }

  peerChanged(): void {
    if (!this.isGone) this.changed()
  }

  #leavePeer(): void {
    const peer = this.#peer
    if (peer !== undefined) peer.#senders.delete(this)
  }

  protected released(): void {
    this.#leavePeer()
    this.#queue.length = 0
    for (const sender of this.#senders) sender.peerChanged()
    this.#senders.clear()
  }
}
