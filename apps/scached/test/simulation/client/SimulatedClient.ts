import { type Descriptor, Errno, Readiness, type ReceiveBuffer } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { Conversation } from "./Conversation.ts"
import type { Message } from "./Message.ts"

type Kernel = SimulatedSystemCalls.SimulatedKernel
type Process = SimulatedSystemCalls.SimulatedProcess
type Progress = SimulatedSystemCalls.ActorProgress

/** What a client does, one small thing at a time. */
export type Script<A = void> = Generator<Progress, A>

/** The connection has ended, in whatever way: nothing more to do. */
export class ConnectionOver extends Error {
  override readonly name = "ConnectionOver"
}

/** The client stays as it is for ever, alive and connected. */
export class Stalled extends Error {
  override readonly name = "Stalled"
}

/** What one read brought. */
export interface Received {
  readonly bytes: Uint8Array
  readonly descriptor: Descriptor | undefined
}

/** How a client writes. */
export interface Manner {
  /** How likely it is that a write is split, at any byte. */
  readonly splitting: number
  /** Pause between the parts, at most. */
  readonly pauseMillisMax: number
}

/**
 * A client process with one connection, driven by a script. It says beforehand what it will say, to its conversation.
 */
export class SimulatedClient implements SimulatedSystemCalls.Actor {
  readonly name: string
  readonly process: Process
  readonly conversation: Conversation
  readonly random: SimulatedSystemCalls.SeededRandom
  manner: Manner = { splitting: 0, pauseMillisMax: 0 }
  /** The longest that it waited for the daemon. */
  waitedMillisMax = 0
  /** Its script came to its end, and not the connection before it. */
  isFinished = false
  hasStalled = false
  readonly #kernel: Kernel
  readonly #path: string
  readonly #buffer: ReceiveBuffer
  #script: Script | undefined
  #socket: Descriptor | undefined
  #file: ReturnType<Process["fileOf"]>
  /** It waits until its socket is ready for something, or until then. */
  #waiting: { readonly readiness: number; readonly untilMillis: number } | undefined

  /** The buffer may be everybody's: whoever reads takes out at once what has come. */
  constructor(process: Process, conversation: Conversation, path: string, buffer: ReceiveBuffer) {
    this.name = process.name
    this.process = process
    this.conversation = conversation
    this.#kernel = process.kernel
    this.#path = path
    this.random = this.#kernel.random.fork()
    this.#buffer = buffer
  }

  run(script: Script): void {
    this.#script = script
    this.#kernel.addActor(this)
  }

  step(): Progress {
    if (this.#script === undefined || !this.process.isAlive) return "done"
    // Asked a thousand times more often than it moves: by a look, and not by a system call that fails.
    const progress = this.#stillWaits()
    if (progress !== undefined) return progress
    try {
      const { done, value } = this.#script.next()
      if (done !== true) return value
      this.isFinished = true
    } catch (error) {
      if (error instanceof Stalled) this.hasStalled = true
      else if (!(error instanceof ConnectionOver)) throw error
    }
    if (!this.hasStalled) this.die()
    return "done"
  }

  /** Ends the process where it stands. */
  die(): void {
    this.process.die()
    this.conversation.isClientAlive = false
  }

  get nowMillis(): number {
    return this.#kernel.nowMillis
  }

  get socket(): Descriptor {
    if (this.#socket === undefined) throw new Error(`${this.name} is not connected`)
    return this.#socket
  }

  *sleep(millis: number): Script {
    const sleepUntilMillis = this.nowMillis + millis
    while (this.nowMillis < sleepUntilMillis) yield { sleepUntilMillis }
  }

  *connect(): Script {
    const { calls } = this.process
    const socket = calls.socket()
    if (typeof socket === "number") throw new ConnectionOver()
    this.#own(socket)
    for (let pauseMillis = 5; ; ) {
      const outcome = calls.connect(socket, this.#path)
      if (outcome >= 0) return yield "moved"
      if (outcome === -Errno.EINTR) yield "moved"
      // The backlog is full.
      else if (outcome === -Errno.EAGAIN) {
        yield* this.sleep(pauseMillis)
        pauseMillis = Math.min(2 * pauseMillis, 1_000)
      } else throw new ConnectionOver()
    }
  }

  /** Connects in the middle of whatever goes on; it must succeed. */
  connectAtOnce(): void {
    const { calls } = this.process
    const socket = calls.socket()
    if (typeof socket === "number" || calls.connect(socket, this.#path) < 0)
      throw new Error(`${this.name}: not connected`)
    this.#own(socket)
  }

  #own(socket: Descriptor): void {
    this.#socket = socket
    this.#file = this.process.fileOf(this.process.inspect(socket).number)
  }

  #isReady(readiness: number): boolean {
    return ((this.#file?.poll() ?? 0) & readiness) !== 0
  }

  #stillWaits(): Progress | undefined {
    if (this.#waiting === undefined) return undefined
    const { readiness, untilMillis } = this.#waiting
    if (!this.#isReady(readiness) && this.nowMillis < untilMillis) {
      return untilMillis === Number.POSITIVE_INFINITY ? "idle" : { wakeAtMillis: untilMillis }
    }
    this.#waiting = undefined
    return undefined
  }

  /** Until the socket is ready, or until then. */
  *#wait(readiness: number, untilMillis = Number.POSITIVE_INFINITY): Script {
    this.#waiting = { readiness, untilMillis }
    yield this.#stillWaits() ?? "moved"
  }

  /** Says messages in one go, as one write or split anywhere; descriptors travel with the first byte. */
  *say(messages: ReadonlyArray<Message>, carried: ReadonlyArray<Descriptor> = []): Script {
    this.conversation.input.declare(messages)
    yield* this.write(Buffer.concat(messages.map(({ bytes }) => bytes)), carried)
  }

  /** Says only the beginning of a message. */
  *begin(message: Message, byteCount: number): Script {
    this.conversation.input.declare([message])
    yield* this.write(message.bytes.subarray(0, byteCount))
  }

  *write(bytes: Uint8Array, carried: ReadonlyArray<Descriptor> = []): Script {
    let left = bytes
    let cargo = carried
    while (left.length > 0) {
      const isSplit = left.length > 1 && this.random.chance(this.manner.splitting)
      const part = isSplit ? left.subarray(0, 1 + this.random.below(left.length - 1)) : left
      const outcome =
        cargo.length > 0
          ? this.process.sendDescriptors(this.socket, cargo, part)
          : this.process.calls.send(this.socket, part)
      if (outcome > 0) {
        cargo = []
        left = left.subarray(outcome)
        yield "moved"
        if (left.length > 0 && this.manner.pauseMillisMax > 0) {
          yield* this.sleep(this.random.below(this.manner.pauseMillisMax + 1))
        }
      } else yield* this.#again(outcome)
    }
  }

  /** Sends the byte that carries a descriptor, as a well-behaved client does. */
  *passDescriptor(message: Message, descriptor: Descriptor): Script {
    this.conversation.input.declare([message])
    for (;;) {
      const outcome = this.process.calls.sendDescriptor(this.socket, descriptor)
      if (outcome > 0) return yield "moved"
      yield* this.#again(outcome)
    }
  }

  /** The next bytes; ends the script when there will be none. */
  *receive(): Script<Received> {
    const since = this.nowMillis
    for (;;) {
      const received = this.#tryReceive()
      if (received !== undefined) {
        this.#noteWait(since)
        return received
      }
      yield* this.#wait(Readiness.readable)
    }
  }

  /** Reads whatever comes for that long, and closes what descriptors come; answers with the bytes. */
  *listen(millis: number): Script<Uint8Array> {
    const wakeAtMillis = this.nowMillis + millis
    const parts: Array<Uint8Array> = []
    for (;;) {
      const received = this.#tryReceive()
      if (received !== undefined) {
        parts.push(received.bytes)
        received.descriptor?.close()
        yield "moved"
      } else if (this.nowMillis >= wakeAtMillis) return Buffer.concat(parts)
      else yield* this.#wait(Readiness.readable, wakeAtMillis)
    }
  }

  /** How long the daemon has kept a client waiting that it has accepted. */
  #noteWait(sinceMillis: number): void {
    const accepted = this.conversation.acceptedAtMillis ?? this.nowMillis
    this.waitedMillisMax = Math.max(this.waitedMillisMax, this.nowMillis - Math.max(sinceMillis, accepted))
  }

  #tryReceive(): Received | undefined {
    const buffer = this.#buffer
    let count = this.process.calls.receive(this.socket, buffer)
    while (count === -Errno.EINTR) count = this.process.calls.receive(this.socket, buffer)
    if (count > 0) {
      const descriptor = buffer.takeDescriptor()
      if (descriptor !== undefined || buffer.truncated) this.conversation.clientReceived++
      return { bytes: Buffer.from(buffer.bytes.subarray(0, count)), descriptor }
    }
    if (count === -Errno.EAGAIN) return undefined
    throw new ConnectionOver()
  }

  *#again(outcome: number): Script {
    if (outcome === -Errno.EINTR) yield "moved"
    else if (outcome === -Errno.EAGAIN) {
      // Where nothing is in its way it was a fault, and it tries again.
      const isFaulty = this.#isReady(Readiness.writable)
      yield* isFaulty ? this.sleep(1) : this.#wait(Readiness.writable | Readiness.error | Readiness.hangUp)
    } else throw new ConnectionOver()
  }
}
