import { type Descriptor, UnixSocket } from "@scached/fdpass"
import { SimulatedKernel, type SimulatedProcess } from "@scached/fdpass/testing"
import { ClientSession, type ClientStep, type Request } from "@scached/protocol"
import { Reactors } from "@scached/reactor"
import { Effect, Exit, Layer, Result } from "effect"
import * as CacheServer from "../../../src/cache/CacheServer.ts"
import { Journal } from "../../../src/log/Journal.ts"
import { Access } from "../../../src/settings/Access.ts"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"
import * as Message from "../../simulation/client/Message.ts"
import { defaultCacheSettings } from "../../support/defaultCacheSettings.ts"

const path = "/run/scached"

/** Whose the daemon is. */
export const ownUser = 100

type Step = Exclude<ClientStep<Descriptor>, { readonly _tag: "Idle" | "SendDescriptor" }>

/** A client whose calls the test makes: it is asked for each step, and does nothing in between. */
export class Visitor {
  readonly process: SimulatedProcess
  readonly socket: Descriptor
  readonly #session = new ClientSession<Descriptor>()
  readonly #buffer

  constructor(process: SimulatedProcess) {
    this.process = process
    const socket = process.calls.socket()
    if (typeof socket === "number" || process.calls.connect(socket, path) < 0) throw new Error("no way in")
    this.socket = socket
    this.#buffer = process.calls.makeReceiveBuffer(65_536)
  }

  /** Says something without waiting for an answer. */
  say(request: Request.Request | Request.Inspection): void {
    // Of the exchange before: its answer was the last of it.
    if (this.#session.state === "ready" && this.#session.next()._tag !== "Idle") throw new Error("more than an answer")
    Result.getOrThrow(this.#session.start(request))
    this.#flush()
  }

  /** The next step of the answer. */
  step = (cargo?: Descriptor): Effect.Effect<Step> => Effect.suspend(() => this.#step(cargo))

  /** Asks, and takes steps until the exchange is over. */
  ask = Effect.fnUntraced(
    { self: this },
    function* (
      this: Visitor,
      request: Request.Request | Request.Inspection,
      cargo?: Descriptor
    ): Effect.fn.Return<ReadonlyArray<Step>> {
      this.say(request)
      const steps: Array<Step> = []
      for (;;) {
        const step = yield* this.step(cargo)
        steps.push(step)
        if (step._tag !== "Listed") return steps
      }
    }
  )

  /** Saves a new connection. */
  save = (label: string, properties: string, ttlSeconds = 60): Effect.Effect<ReadonlyArray<Step>> =>
    Effect.suspend(() => {
      const cargo = this.process.connection(label)
      return Effect.tap(this.ask(Message.saveEndpoint(ttlSeconds, label, properties), cargo), () =>
        Effect.sync(() => cargo.close())
      )
    })

  /** The steps of all that has arrived; `undefined` stands for the end of the connection. */
  arrived(): ReadonlyArray<Step | undefined> {
    const steps: Array<Step | undefined> = []
    for (;;) {
      const step = this.#session.next()
      if (step._tag === "SendDescriptor") throw new Error("no cargo")
      if (step._tag !== "Idle") steps.push(step)
      else {
        const count = this.process.calls.receive(this.socket, this.#buffer)
        if (count === 0) steps.push(undefined)
        if (count <= 0) return steps
        this.#session.push(this.#buffer.bytes, this.#buffer.takeDescriptor(), count)
      }
    }
  }

  /** Reads so many bytes at most, and makes nothing of them; how many it were. */
  sip(bytesMax: number): number {
    return this.process.calls.receive(this.socket, this.#buffer, bytesMax)
  }

  #flush(): void {
    const output = this.#session.output()
    if (output !== undefined && this.process.calls.send(this.socket, output) !== output.length) throw new Error("full")
  }

  #step(cargo: Descriptor | undefined): Effect.Effect<Step> {
    for (;;) {
      const step = this.#session.next()
      this.#flush()
      if (step._tag === "SendDescriptor") {
        if (cargo === undefined || this.process.calls.sendDescriptor(this.socket, cargo) < 0)
          throw new Error("no cargo")
        this.#session.descriptorSent()
      } else if (step._tag !== "Idle") return Effect.succeed(step)
      else {
        const count = this.process.calls.receive(this.socket, this.#buffer)
        if (count === 0) throw new Error("the daemon has closed the connection")
        if (count < 0) return Effect.andThen(Effect.sleep(1), () => this.#step(cargo))
        this.#session.push(this.#buffer.bytes, this.#buffer.takeDescriptor(), count)
      }
    }
  }
}

/** What a play has to do with. */
export interface Scene {
  readonly kernel: SimulatedKernel
  readonly server: CacheServer.CacheServer
  readonly journal: Array<string>
  readonly visitor: (uid?: number) => Visitor
}

/** Runs a cache in a simulation, and what `play` does with it. Nothing of the daemon may be left at the end. */
export const perform = (
  play: (scene: Scene) => Effect.Effect<void>,
  settings: Partial<CacheSettings> = {},
  facts?: Parameters<typeof CacheServer.make>[2],
  socketBufferBytes = 65_536
): void => {
  const kernel = new SimulatedKernel({ seed: 1, descriptorsMax: 200_000, socketBufferBytes })
  const daemon = kernel.process("daemon", { uid: ownUser })
  const journal: Array<string> = []
  const write = (line: string) => void journal.push(line)
  const program = Effect.gen(function* () {
    const listener = yield* UnixSocket.listen(path, { mode: 0o666, backlog: 100 })
    const changed = { ttlSecondsMax: 100, insiders: new Access([0, ownUser]), ...settings }
    const server = yield* CacheServer.make([listener], { ...defaultCacheSettings, ...changed }, facts)
    yield* Effect.sleep(1)
    const visitor = (uid = 0) => new Visitor(kernel.process(`visitor ${kernel.processes.length}`, { uid }))
    yield* play({ kernel, server, journal, visitor })
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.succeed(Journal, { isVerbose: false, info: write, verbose: write, warning: write }))
  )
  const exit = Reactors.runSimulated(program, daemon.calls)
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  const left = [kernel.violations.length, daemon.openCount]
  if (left.some((count) => count > 0)) throw new Error(`violations and descriptors that are left: ${left}`)
}
