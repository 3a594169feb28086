/**
 * A connected socket as a scoped Effect value: reads, writes and descriptors in both directions, with backpressure.
 *
 * @category connections
 */
import {
  type Descriptor,
  type Outcome,
  type PeerCredentials,
  type SocketPathInvalid,
  type SystemCallError,
  type SystemCalls,
  systemCallError,
  UnixSocket
} from "@scached/fdpass"
import { Effect, Schema, type Scope, Semaphore } from "effect"
import { Channel } from "../channel/Channel.ts"
import type { ChannelHandler } from "../channel/ChannelHandler.ts"
import { Reactor } from "./Reactor.ts"

/**
 * The peer has closed the connection, or it was closed here while an operation waited.
 *
 * @category errors
 */
export class ConnectionClosed extends Schema.TaggedError<ConnectionClosed>()("ConnectionClosed", {}) {
  override get message(): string {
    return "the connection was closed"
  }
}

/**
 * A connection cannot be given away: the peer has sent bytes that were not received, and the next owner would miss them.
 *
 * @category errors
 */
export class UnreadBytes extends Schema.TaggedError<UnreadBytes>()("UnreadBytes", { count: Schema.Number }) {
  override get message(): string {
    return `${this.count} bytes of the peer were not received: receive them before the connection is given away`
  }
}

/**
 * What one read brought.
 *
 * @category models
 */
export interface Received {
  /** A copy, at least one byte. */
  readonly bytes: Uint8Array
  /** The descriptor that came with these bytes, the reader's to close. */
  readonly descriptor: Descriptor | undefined
  /** A descriptor was lost on the way in: this process or the system had no room for it. */
  readonly wasTruncated: boolean
}

/**
 * Why an operation on a connection did not succeed.
 *
 * @category errors
 */
export type ConnectionError = ConnectionClosed | SystemCallError

/**
 * A connection that belongs to a scope.
 *
 * @category models
 */
export interface Connection {
  /**
   * The next bytes. Reading from the kernel goes on only when the ones before were taken: nothing piles up here. A reader that
   * is interrupted while it waits loses nothing. Of several readers each gets the next bytes in its turn.
   */
  readonly receive: Effect.Effect<Received, ConnectionError>
  /**
   * Sends all of the bytes; done when the kernel has taken the last one. Messages of several fibers do not mix. Interrupting
   * leaves the message unfinished if it is longer than 64 KiB, and otherwise whole.
   */
  readonly send: (bytes: Uint8Array) => Effect.Effect<void, ConnectionError>
  /** Sends one NUL byte that carries a copy of the descriptor; the original stays the caller's. Interrupted, it sends neither. */
  readonly sendDescriptor: (descriptor: Descriptor) => Effect.Effect<void, ConnectionError>
  /**
   * Ends this connection without closing it: gives the open socket away, for the cache or another process. All that was sent has
   * left by then. Bytes that came and were not received stay behind, so it fails when there are any.
   */
  readonly passivate: Effect.Effect<Descriptor, ConnectionError | UnreadBytes>
  /** Who is at the other end. */
  readonly peer: Effect.Effect<PeerCredentials, SystemCallError>
}

/** Bytes handed to the channel at once. A longer message goes in pieces, each when the one before has left. */
const pieceBytesMax = 65_536

type Resume = (effect: Effect.Effect<void>) => void

/** Wakes all who wait; each looks for itself whether it can go on, so that an interrupted one takes nothing along. */
const wakeAll = (waiting: Array<Resume>): void => {
  for (const resume of waiting.splice(0)) resume(Effect.void)
}

const waitIn = (waiting: Array<Resume>): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    waiting.push(resume)
    return Effect.sync(() => {
      const index = waiting.indexOf(resume)
      if (index >= 0) waiting.splice(index, 1)
    })
  })

/** The owner of the channel: keeps input until it is received, and wakes the fibers that wait. */
class Driver implements ChannelHandler {
  readonly #calls: SystemCalls["Service"]
  readonly readers: Array<Resume> = []
  readonly writers: Array<Resume> = []
  channel: Channel | undefined
  received: Received | undefined
  end: ConnectionError | undefined

  constructor(calls: SystemCalls["Service"]) {
    this.#calls = calls
  }

  onReceive(bytes: Uint8Array, descriptor: Descriptor | undefined, wasTruncated: boolean): void {
    // Not slice(): that of a Buffer, which the shared buffer is, would be a view that the next read overwrites.
    this.received = { bytes: new Uint8Array(bytes), descriptor, wasTruncated }
    // A reader that was interrupted in this very moment leaves it here for the next one.
    while (this.received !== undefined && this.readers.length > 0) this.readers.shift()?.(Effect.void)
    if (this.received !== undefined) this.channel?.pause()
  }

  onDrained(): void {
    wakeAll(this.writers)
  }

  onEnd(error: SystemCallError | undefined): void {
    this.end ??= error ?? new ConnectionClosed()
    wakeAll(this.readers)
    wakeAll(this.writers)
  }

  take(): Received | undefined {
    const received = this.received
    this.received = undefined
    if (received !== undefined) this.channel?.resume()
    return received
  }

  close(): void {
    this.channel?.close()
    const unwanted = this.received?.descriptor
    if (unwanted !== undefined) this.#calls.letGo(unwanted)
    this.received = undefined
    this.onEnd(undefined)
  }
}

/**
 * Makes a connection of a connected socket, which it owns from then on; both end with the current scope.
 *
 * @category constructors
 */
export const make: (socket: Descriptor) => Effect.Effect<Connection, SystemCallError, Reactor | Scope.Scope> =
  Effect.fnUntraced(function* (
    socket: Descriptor
  ): Effect.fn.Return<Connection, SystemCallError, Reactor | Scope.Scope> {
    const loop = yield* Reactor
    const peer = loop.calls.peerCredentials(socket)
    const driver = yield* Effect.acquireRelease(
      Effect.sync(() => new Driver(loop.calls)),
      (held) => Effect.sync(() => held.close())
    )
    const channel = Channel.open(loop, socket, driver, pieceBytesMax)
    if (!(channel instanceof Channel)) return yield* channel
    driver.channel = channel
    return {
      receive: receiveFrom(driver),
      ...sendersOf(channel, driver),
      peer: typeof peer === "number" ? Effect.fail(systemCallError("getsockopt", peer)) : Effect.succeed(peer)
    }
    // An interruption half-way would leave a socket without an owner.
  }, Effect.uninterruptible)

const receiveFrom = (driver: Driver): Connection["receive"] => {
  const receive: Connection["receive"] = Effect.suspend(() => {
    // Taken in the very step that returns it: what an interrupted reader was woken for is still here.
    const received = driver.take()
    if (received !== undefined) return Effect.succeed(received)
    if (driver.end !== undefined) return Effect.fail(driver.end)
    return Effect.andThen(waitIn(driver.readers), receive)
  })
  return receive
}

const sendersOf = (channel: Channel, driver: Driver): Pick<Connection, "send" | "sendDescriptor" | "passivate"> => {
  // One message at a time: two long ones would mix their pieces.
  const turns = Semaphore.makeUnsafe(1)
  let senders = 0
  const inTurn = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    turns.withPermit(
      Effect.suspend(() => {
        senders++
        return Effect.ensuring(
          effect,
          Effect.sync(() => {
            senders--
          })
        )
      })
    )

  /** Fails when sending is over; the end of what the peer sends is not, since it may still be reading. */
  const check = Effect.suspend((): Effect.Effect<void, ConnectionError> => {
    const failure = channel.sendFailure
    if (failure !== undefined) return Effect.fail(failure)
    if (channel.isClosed) return Effect.fail(new ConnectionClosed())
    return driver.end === undefined || driver.end._tag === "ConnectionClosed" ? Effect.void : Effect.fail(driver.end)
  })

  const untilDrained: Effect.Effect<void, ConnectionError> = Effect.suspend(() =>
    channel.isBlocked && !channel.isClosed
      ? Effect.andThen(check, Effect.andThen(waitIn(driver.writers), untilDrained))
      : check
  )

  /** Sent bytes are the caller's to change, and a fiber that a handler wakes runs within the turn's reads. */
  const sendAtOnce = (bytes: Uint8Array): void => {
    channel.send(bytes)
    channel.flush()
  }

  const sendPieces = Effect.fnUntraced(function* (bytes: Uint8Array) {
    for (let start = 0; start < bytes.length; start += pieceBytesMax) {
      yield* untilDrained
      sendAtOnce(bytes.subarray(start, start + pieceBytesMax))
    }
    yield* untilDrained
  })

  const passDescriptor = Effect.fnUntraced(function* (descriptor: Descriptor) {
    yield* untilDrained
    const outcome = yield* Effect.callback<Outcome>((resume) => {
      const pending = channel.sendDescriptor(descriptor, (result) => resume(Effect.succeed(result)))
      channel.flush()
      // An interrupted sender's descriptor may be closed right after.
      return Effect.sync(() => pending.takeBack())
    })
    if (outcome < 0) {
      yield* check
      return yield* systemCallError("sendmsg", outcome)
    }
  })

  const passivate = Effect.suspend((): Effect.Effect<Descriptor, ConnectionError | UnreadBytes> => {
    const unread = driver.received
    if (unread !== undefined) return Effect.fail(new UnreadBytes({ count: unread.bytes.length }))
    if (driver.end !== undefined) return Effect.fail(driver.end)
    const socket = channel.detach()
    driver.onEnd(undefined)
    return Effect.succeed(socket)
  })

  return {
    passivate: inTurn(Effect.andThen(untilDrained, passivate)),
    send: (bytes) =>
      Effect.suspend(() => {
        // The usual case, without the cost of taking turns.
        if (senders > 0 || channel.isBlocked || bytes.length > pieceBytesMax) return inTurn(sendPieces(bytes))
        sendAtOnce(bytes)
        return untilDrained
      }),
    sendDescriptor: (descriptor) => inTurn(passDescriptor(descriptor))
  }
}

/**
 * Connects to the server at `path`.
 *
 * @category constructors
 */
export const connect = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<Connection, SystemCallError | SocketPathInvalid, Reactor | SystemCalls | Scope.Scope> {
  return yield* Effect.flatMap(UnixSocket.connect(path), make)
})
