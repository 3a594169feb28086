import {
  type Batching,
  type CallBatch,
  type Descriptor,
  type Outcome,
  passedDescriptorsMax,
  type ReadinessBatch,
  type ReceiveBuffer
} from "@scached/fdpass"
import type { EventLoop } from "../EventLoop.ts"
import type { Reader, Sender } from "../Member.ts"
import type { Members } from "./Members.ts"

/** Reads made together, each into its own buffer. */
const readsMax = 32
/** What is sent together; what more there is comes in a second go. */
const sendsMax = 128
/**
 * The maximum number of descriptors that wait to be closed together where calls are made one by one. One poll of 16 UNIX sockets takes 80 ns
 * for each, a poll of one 360 ns. The bound is small because descriptors that wait keep their slots in the descriptor table, and no limit
 * counts them.
 */
const closesMax = 16

const noRead = -1

interface Batches {
  readonly reads: CallBatch
  readonly sends: CallBatch
}

/**
 * The system calls that a turn makes together: the reads of all ready members, and after their handlers the sends and the closes.
 *
 * Each read is delivered in its turn, as if it had been made then. A member that is unwatched before its turn loses what was read, as unread
 * bytes are lost with a socket.
 */
export class TurnBatch {
  readonly #loop: EventLoop
  readonly #receiveBytesMax: number
  #batches: Batches | undefined
  #descriptorRoom: () => number = () => 0
  readonly #buffers: Array<ReceiveBuffer> = []
  /** The tokens of the members whose reads were made, in the order of their events, and how many reads were delivered. */
  readonly #tokens: Array<number> = []
  #taken = 0
  /** Senders that wait for the end of the turn's reads. */
  readonly #gathered: Array<Sender> = []
  /** Senders whose calls are in the batch, by their places there. */
  readonly #senders: Array<Sender> = []
  readonly #onClosed: Array<() => void> = []
  /** Descriptors that wait to be closed together where there is no batch. */
  readonly #closing: Array<Descriptor> = []

  constructor(loop: EventLoop, receiveBytesMax: number) {
    this.#loop = loop
    this.#receiveBytesMax = receiveBytesMax
  }

  /** Makes calls together from now on, where that is possible and, if so asked, faster; false where it is not. */
  begin(batching: Batching, descriptorRoom: () => number): boolean {
    const { calls } = this.#loop
    this.#descriptorRoom = descriptorRoom
    const reads = calls.makeCallBatch(readsMax, batching)
    const sends = reads && calls.makeCallBatch(sendsMax, batching)
    this.#batches = reads && sends && { reads, sends }
    return this.#batches !== undefined
  }

  /**
   * For how many events reads are made together now. What a message brings besides its first descriptor is closed when all of them have been
   * made: there must be room for it until then, or clients that send descriptors unasked would fill the table for all others.
   */
  get readsAtOnce(): number {
    if (this.#batches === undefined) return Number.POSITIVE_INFINITY
    return Math.max(1, Math.min(readsMax, Math.floor(this.#descriptorRoom() / passedDescriptorsMax)))
  }

  /** Makes the reads that are due for some events; one alone is left to the loop. */
  read(events: ReadinessBatch, members: Members, first: number, end: number): void {
    const reads = this.#batches?.reads
    if (reads === undefined) return
    this.endReads()
    for (let index = first; index < end; index++) {
      const token = events.token(index)
      const member = members.at(token)
      const reader = member?.reader
      if (member === undefined || reader === undefined || !reader.readsTogether || !reader.isReadDue) continue
      reads.receive(member.descriptor, this.#buffer(this.#tokens.length))
      this.#tokens.push(token)
    }
    if (this.#tokens.length > 1) reads.run()
    else this.endReads()
  }

  /** The read that was made for the next of those that are ready, when it is this one; -1 when none was. */
  takeRead(token: number): number {
    return this.#tokens[this.#taken] === token ? this.#taken++ : noRead
  }

  /** Gives a read to its reader, or drops it when there is none any more. */
  deliver(place: number, reader: Reader | undefined): void {
    const batches = this.#batches
    const buffer = this.#buffers[place]
    if (batches === undefined || buffer === undefined) return
    if (reader !== undefined) return reader.onRead(batches.reads.outcome(place), buffer)
    const unwanted = buffer.takeDescriptor()
    if (unwanted !== undefined) this.#loop.calls.letGo(unwanted)
  }

  /** All that was read was seen to; when a defect has ended the turn before, what was not is dropped. */
  endReads(): void {
    if (this.#tokens.length === 0) return
    while (this.#taken < this.#tokens.length) this.deliver(this.#taken++, undefined)
    this.#tokens.length = 0
    this.#taken = 0
    this.#batches?.reads.clear()
  }

  /** Lets go of a descriptor along with others of this turn. */
  letGo(descriptor: Descriptor, onClosed: () => void): void {
    this.#onClosed.push(onClosed)
    if (this.#batches !== undefined) return this.#batches.sends.letGo(descriptor)
    this.#closing.push(descriptor.take())
    if (this.#closing.length === closesMax) this.#closeAll()
  }

  /** Has the sender send after the reads of this turn. */
  gather(sender: Sender): void {
    this.#gathered.push(sender)
  }

  /** Sends what the senders have gathered, and closes what was let go of. */
  end(): void {
    const gathered = this.#gathered
    const batches = this.#batches
    // One call alone is as fast without the batch.
    if (batches !== undefined && gathered.length + this.#onClosed.length > 1) this.#sendTogether(batches.sends)
    else for (let index = 0; index < gathered.length; index++) this.#send(gathered[index])
    gathered.length = 0
    // After the answers: clients wait for those.
    this.close()
  }

  /** Closes what was let go of and still waits, and drops reads that were not delivered. */
  close(): void {
    this.endReads()
    if (this.#closing.length > 0) this.#closeAll()
    if (this.#batches !== undefined && this.#onClosed.length > 0) this.#run(this.#batches.sends)
  }

  #sendTogether(sends: CallBatch): void {
    for (let index = 0; index < this.#gathered.length; index++) {
      if (sends.size === sendsMax) this.#run(sends)
      const sender = this.#gathered[index]
      if (sender !== undefined && sender.putGathered(sends) >= 0) this.#senders.push(sender)
    }
    if (sends.size > 0 || this.#onClosed.length > 0) this.#run(sends)
  }

  #send(sender: Sender | undefined): void {
    try {
      sender?.sendGathered()
    } catch (defect) {
      this.#loop.onDefect(defect)
    }
  }

  #closeAll(): void {
    this.#loop.calls.letGoAll(this.#closing.splice(0))
    for (const onClosed of this.#onClosed.splice(0)) this.#contain(onClosed)
  }

  #run(sends: CallBatch): void {
    sends.run()
    try {
      for (let place = 0; place < this.#senders.length; place++) {
        const outcome: Outcome = sends.outcome(place)
        const sender = this.#senders[place]
        if (sender !== undefined) this.#tell(sender, outcome)
      }
      for (const onClosed of this.#onClosed.splice(0)) this.#contain(onClosed)
    } finally {
      // Also when a defect ends the loop: nothing is sent a second time.
      this.#senders.length = 0
      sends.clear()
    }
  }

  #tell(sender: Sender, outcome: Outcome): void {
    try {
      sender.onSent(outcome)
    } catch (defect) {
      this.#loop.onDefect(defect)
    }
  }

  #contain(run: () => void): void {
    try {
      run()
    } catch (defect) {
      this.#loop.onDefect(defect)
    }
  }

  #buffer(index: number): ReceiveBuffer {
    const made = this.#buffers[index]
    if (made !== undefined) return made
    const buffer = this.#loop.calls.makeReceiveBuffer(this.#receiveBytesMax)
    this.#buffers.push(buffer)
    return buffer
  }
}
