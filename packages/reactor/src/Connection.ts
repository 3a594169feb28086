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
import { Deferred, Effect, Exit, Schema, type Scope } from "effect"
import { Channel, type ChannelHandler } from "./Channel.ts"
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
 * What one read brought.
 *
 * @category models
 */
export interface Received {
  /** A copy, at least one byte. */
  readonly bytes: Uint8Array
  /** The descriptor that came with these bytes, the reader's to close. */
  readonly descriptor: Descriptor | undefined
  /** A descriptor was lost for want of room in this process, or the sender passed several and only the first was kept. */
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
  /** The next bytes. Reading from the kernel goes on only when the ones before were taken: nothing piles up here. */
  readonly receive: Effect.Effect<Received, ConnectionError>
  /** Sends all of the bytes; done when the kernel has taken the last one. */
  readonly send: (bytes: Uint8Array) => Effect.Effect<void, ConnectionError>
  /** Sends one NUL byte that carries a copy of the descriptor; the original stays the caller's. */
  readonly sendDescriptor: (descriptor: Descriptor) => Effect.Effect<void, ConnectionError>
  /** Who is at the other end. */
  readonly peer: Effect.Effect<PeerCredentials, SystemCallError>
}

/** Bytes handed to the channel at once. A longer message goes in pieces, each when the one before has left. */
const pieceBytesMax = 65_536

class Driver implements ChannelHandler {
  channel: Channel | undefined
  received: Received | undefined
  reader: Deferred.Deferred<Received, ConnectionError> | undefined
  drained: Deferred.Deferred<void, ConnectionError> | undefined
  end: ConnectionError | undefined

  onReceive(bytes: Uint8Array, descriptor: Descriptor | undefined, wasTruncated: boolean): void {
    const received = { bytes: bytes.slice(), descriptor, wasTruncated }
    const reader = this.reader
    if (reader !== undefined) {
      this.reader = undefined
      Deferred.doneUnsafe(reader, Exit.succeed(received))
      return
    }
    this.received = received
    this.channel?.pause()
  }

  onDrained(): void {
    const drained = this.drained
    this.drained = undefined
    if (drained !== undefined) Deferred.doneUnsafe(drained, Exit.void)
  }

  onEnd(error: SystemCallError | undefined): void {
    this.end ??= error ?? new ConnectionClosed()
    this.channel?.pause()
    const failure = Exit.fail(this.end)
    if (this.reader !== undefined) Deferred.doneUnsafe(this.reader, failure)
    if (this.drained !== undefined) Deferred.doneUnsafe(this.drained, failure)
    this.reader = undefined
    this.drained = undefined
  }

  close(): void {
    this.onEnd(undefined)
    this.channel?.close()
    this.received?.descriptor?.close()
    this.received = undefined
  }
}

/**
 * Makes a connection of a connected socket, which it owns from then on; both end with the current scope.
 *
 * @category constructors
 */
export const make = Effect.fnUntraced(function* (
  socket: Descriptor
): Effect.fn.Return<Connection, SystemCallError, Reactor | Scope.Scope> {
  const loop = yield* Reactor
  const peer = loop.calls.peerCredentials(socket)
  const driver = yield* Effect.acquireRelease(
    Effect.sync(() => new Driver()),
    (held) => Effect.sync(() => held.close())
  )
  const channel = Channel.open(loop, socket, driver, pieceBytesMax)
  if (!(channel instanceof Channel)) return yield* channel
  driver.channel = channel

  const receive = Effect.suspend((): Effect.Effect<Received, ConnectionError> => {
    const received = driver.received
    if (received !== undefined) {
      driver.received = undefined
      if (driver.end === undefined) channel.resume()
      return Effect.succeed(received)
    }
    if (driver.end !== undefined) return Effect.fail(driver.end)
    const reader = Deferred.makeUnsafe<Received, ConnectionError>()
    driver.reader = reader
    return Effect.onInterrupt(Deferred.await(reader), () =>
      Effect.sync(() => {
        if (driver.reader === reader) driver.reader = undefined
      })
    )
  })

  const untilDrained = Effect.suspend((): Effect.Effect<void, ConnectionError> => {
    if (driver.end !== undefined) return Effect.fail(driver.end)
    if (!channel.isBlocked) return Effect.void
    driver.drained ??= Deferred.makeUnsafe<void, ConnectionError>()
    return Deferred.await(driver.drained)
  })

  const send = Effect.fnUntraced(function* (bytes: Uint8Array) {
    for (let start = 0; start < bytes.length; start += pieceBytesMax) {
      yield* untilDrained
      channel.send(bytes.subarray(start, start + pieceBytesMax))
    }
    yield* untilDrained
  })

  const sendDescriptor = Effect.fnUntraced(function* (descriptor: Descriptor) {
    yield* untilDrained
    const outcome = yield* Effect.callback<Outcome>((resume) =>
      channel.sendDescriptor(descriptor, (result) => resume(Effect.succeed(result)))
    )
    if (outcome < 0) return yield* driver.end ?? systemCallError("sendmsg", outcome)
  })

  return {
    receive,
    send,
    sendDescriptor,
    peer: typeof peer === "number" ? Effect.fail(systemCallError("getsockopt", peer)) : Effect.succeed(peer)
  }
})

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
