/**
 * Clients that another program accepted and passes on (`-t pass`). The passing program connects, sends a byte with the client's socket, then an
 * attribute list of facts about the client. The receiver closes that connection to confirm that it has both. What the list
 * says is of no use to a cache.
 */

import { ProcessCalls } from "@scached/daemon"
import { type Descriptor, SocketKind, type SystemCallError } from "@scached/fdpass"
import { AttributeList } from "@scached/protocol"
import { Channel, type ChannelHandler, type EventLoop, Reactor } from "@scached/reactor"
import { Effect, type Scope } from "effect"
import type { CacheServer } from "../cache/CacheServer.ts"
import { Journal } from "../log/Journal.ts"

/** The passing program has the client before it connects; this long is for an overloaded machine. */
const passMillisMax = 10_000

/** Passes under way at once. Above this number a passer is disconnected, so that passers cannot fill the descriptor table. */
const passesMax = 256

/** Nothing is ever sent on such a connection. */
const outputBytesMax = 1

interface Passing {
  readonly loop: EventLoop
  readonly admit: (client: Descriptor) => void
  readonly complain: (why: string) => void
  readonly onClosed: (pass: Pass) => void
}

/** One connection on which a client is passed. */
class Pass implements ChannelHandler {
  readonly #passing: Passing
  readonly #list = new AttributeList.Decoder()
  #channel: Channel | undefined
  #client: Descriptor | undefined
  #cancelLimit: (() => void) | undefined

  constructor(passing: Passing) {
    this.#passing = passing
  }

  open(socket: Descriptor): void {
    const { loop } = this.#passing
    const channel = Channel.open(loop, socket, this, outputBytesMax)
    if (!(channel instanceof Channel)) return this.#refuse(channel.message)
    this.#channel = channel
    this.#cancelLimit = loop.at(loop.nowMillis + passMillisMax, () => {
      // What was sent in time may still be in the socket.
      this.#cancelLimit = loop.afterPendingInput(this.#list.listBytesMax, () =>
        this.#refuse(`not done within ${passMillisMax} ms`)
      )
    })
  }

  onReceive(bytes: Uint8Array, descriptor: Descriptor | undefined, wasTruncated: boolean): void {
    let list = bytes
    if (this.#client === undefined) {
      if (descriptor === undefined) {
        return this.#refuse(wasTruncated ? "there was no room for its descriptor" : "bytes without a descriptor")
      }
      this.#client = descriptor
      list = bytes.subarray(1)
    } else if (descriptor !== undefined) this.#passing.loop.calls.letGo(descriptor)
    const [complete] = this.#list.push(list)
    if (this.#list.failure !== undefined) this.#refuse(this.#list.failure.message)
    else if (complete !== undefined) this.#finish(this.#client)
  }

  onDrained(): void {}

  onEnd(error: SystemCallError | undefined): void {
    this.#refuse(error?.message ?? "the passer closed the connection before it was done")
  }

  /** Closes what is still this pass's, once. */
  close(): void {
    this.#cancelLimit?.()
    this.#cancelLimit = undefined
    if (this.#client?.isOwned) this.#passing.loop.calls.letGo(this.#client)
    this.#client = undefined
    const leave = () => this.#passing.onClosed(this)
    if (this.#channel === undefined) leave()
    else this.#channel.close(leave)
    this.#channel = undefined
  }

  #finish(client: Descriptor): void {
    this.#client = undefined
    this.close()
    this.#passing.admit(client)
  }

  #refuse(why: string): void {
    this.#passing.complain(why)
    this.close()
  }
}

/** Takes the clients that are passed at these listening sockets, until the scope closes. The listening sockets stay their owner's. */
export const open = Effect.fnUntraced(function* (
  listeners: ReadonlyArray<Descriptor>,
  server: Pick<CacheServer, "acceptAt" | "admit" | "admits" | "arrived">
): Effect.fn.Return<void, SystemCallError, Reactor | ProcessCalls | Journal | Scope.Scope> {
  const loop = yield* Reactor
  const process = yield* ProcessCalls
  const journal = yield* Journal
  const passes = new Set<Pass>()
  const passing: Passing = {
    loop,
    admit: (client) => {
      // This comes first, since the next calls take the socket's lock, which a process with a copy can hold. Nothing else can bring descriptors.
      if (loop.calls.socketKind(client) !== SocketKind.unixStream) {
        loop.calls.letGo(client)
        return passing.complain("the passed descriptor is not a UNIX stream socket")
      }
      // A passed socket comes as its maker left it, and the cache must neither wait when it reads nor when it closes.
      process.setNonBlocking(client)
      loop.calls.stopLingering(client)
      server.admit(client)
    },
    complain: (why) => journal.warning(`no client was passed: ${why}`),
    onClosed: (pass) => {
      if (passes.delete(pass)) server.arrived()
    }
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const pass of passes) pass.close()
    })
  )
  const onSocket = (socket: Descriptor): void => {
    if (!server.admits(socket)) return server.arrived()
    if (passes.size >= passesMax) {
      passing.complain(`${passesMax} passes are under way`)
      return loop.discard(socket, server.arrived)
    }
    const pass = new Pass(passing)
    passes.add(pass)
    pass.open(socket)
  }
  for (const listener of listeners) {
    const refused = server.acceptAt(listener, onSocket)
    if (refused !== undefined) return yield* refused
  }
})
