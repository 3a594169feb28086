import { type Descriptor, Errno, type SystemCallsShape } from "@scached/fdpass"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { type EventLoop, Reactor, Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"
import * as CacheServer from "../../src/cache/CacheServer.ts"
import { Journal } from "../../src/log/Journal.ts"
import type { CacheSettings } from "../../src/settings/CacheSettings.ts"
import { SimulatedClient } from "./client/SimulatedClient.ts"
import { Observer } from "./observer/Observer.ts"
import { SimulationFailure, shorten } from "./Report.ts"

const path = "/run/scached"
const daemonName = "scached"

/** What the far end of a connection does; one that answers does so when something is said to it, and then leaves. */
export type PeerDoes = "nothing" | "leaves" | "speaks" | "answers"

/** How a machine with a daemon is. */
export interface MachineOptions {
  readonly kernel: SimulatedSystemCalls.KernelOptions
  readonly settings: CacheSettings
  /** Faults of the daemon's calls, and of its clients'. */
  readonly daemonFaults?: SimulatedSystemCalls.FaultPlan
  readonly clientFaults?: SimulatedSystemCalls.FaultPlan
  /** How likely the daemon's calls fail for which the simulated kernel has no faults. */
  readonly oddRate?: number
  /** Whether the daemon's calls are made together, as far as it can tell. */
  readonly isBatching?: boolean
  readonly descriptorsMax?: number
  readonly backlog?: number
  readonly isVerbose?: boolean
  /** When the daemon is interrupted, as by SIGTERM. */
  readonly endMillis: number
  /** Puts a bug between the daemon and its calls, or into its settings: for tests of the simulation itself. */
  readonly sabotage?: Sabotage
}

/** A planted bug. Prototypes of the daemon's classes are patched by whoever plants it. */
export interface Sabotage {
  readonly settings?: Partial<CacheSettings>
  readonly calls?: (calls: SystemCallsShape, machine: Machine) => SystemCallsShape
}

/** A simulated machine on which the real daemon runs, observed. */
export class Machine {
  readonly kernel: SimulatedSystemCalls.SimulatedKernel
  readonly daemon: SimulatedSystemCalls.SimulatedProcess
  readonly observer: Observer
  /** Who is at the other end of what clients save. */
  readonly #peers: SimulatedSystemCalls.SimulatedProcess
  readonly clients: Array<SimulatedClient> = []
  readonly journal: Array<string> = []
  /** What was said to peers that answer. */
  readonly heard: Array<string> = []
  /** How often the daemon made each of its system calls since it serves. */
  readonly callCounts = new Map<string, number>()
  /** Called when the daemon has decided to leave, and can still be found. */
  onIdle: () => void = () => {}
  /** The loop, once the daemon runs. */
  loop: EventLoop | undefined
  /** What the daemon should go by, and what it does. */
  readonly #limits: CacheSettings
  #settings: CacheSettings
  readonly #options: MachineOptions
  readonly #buffer

  constructor(options: MachineOptions) {
    this.#options = options
    this.#limits = { ...options.settings }
    this.#settings = { ...options.settings, ...options.sabotage?.settings }
    this.kernel = new SimulatedSystemCalls.SimulatedKernel(options.kernel)
    this.daemon = this.kernel.process(daemonName, {
      faults: options.daemonFaults ?? {},
      descriptorsMax: options.descriptorsMax ?? 100_000
    })
    this.#peers = this.kernel.process("peers", { faults: {}, descriptorsMax: 1_000_000 })
    this.#buffer = this.#peers.calls.makeReceiveBuffer(16_384)
    const { isBatching = false, oddRate = 0 } = options
    this.observer = new Observer(this.daemon, this.#limits, () => this.describe(), oddRate, isBatching)
  }

  /** A client process, which does nothing yet. */
  client(name = `client ${this.clients.length + 1}`, uid = 0): SimulatedClient {
    const process = this.kernel.process(name, { faults: this.#options.clientFaults ?? {}, uid })
    const client = new SimulatedClient(process, this.observer.expect(name), path, this.#buffer)
    this.clients.push(client)
    return client
  }

  /** A connection for a client to save, and what its peer does: nothing, or this after so many milliseconds. */
  connection(client: SimulatedClient, peerDoes: PeerDoes, afterMillis = 0): Descriptor {
    const pair = this.#peers.calls.socketPair()
    if (typeof pair === "number") throw new Error("no socket pair")
    const [near, far] = pair
    const own = client.process.calls.adopt(client.process.inherit(this.#peers, far))
    far.close()
    if (peerDoes === "answers") this.#answer(near)
    else if (peerDoes !== "nothing") {
      this.at(this.kernel.nowMillis + afterMillis, () => {
        if (peerDoes === "speaks") this.#peers.calls.send(near, Buffer.from("421 closing\r\n"))
        else near.close()
      })
    }
    return own
  }

  /** Looks ten times a second whether something was said, answers, and leaves; like many a server, whatever it was. */
  #answer(near: Descriptor): void {
    const { calls } = this.#peers
    const step = () => {
      const count = this.#peers.isAlive ? calls.receive(near, this.#buffer) : 0
      if (count === -Errno.EAGAIN) return { sleepUntilMillis: this.kernel.nowMillis + 100 }
      if (count > 0) this.heard.push(Buffer.from(this.#buffer.bytes.subarray(0, count)).toString("latin1"))
      if (count > 0) calls.send(near, Buffer.from("221 bye\r\n"))
      if (this.#peers.isAlive) near.close()
      return "done" as const
    }
    this.kernel.addActor({ name: "a peer that answers", step })
  }

  /** Ends the far side of all that clients have saved. */
  endPeers(): void {
    this.#peers.die()
  }

  /** Descriptors that the daemon has open, without those that it holds back. */
  get inUse(): number {
    return this.daemon.openCount - (this.observer.server?.reserved() ?? 0)
  }

  /** Adds something that happens at a moment of the clock. */
  at(millis: number, happen: () => void): void {
    const step = () => {
      if (this.kernel.nowMillis < millis) return { sleepUntilMillis: millis }
      happen()
      return "done" as const
    }
    this.kernel.addActor({ name: `at ${millis} ms`, step })
  }

  /** Changes settings of the running daemon at a moment of its own clock; to be called when it serves. */
  changeSettings(millis: number, settings: Partial<CacheSettings>): void {
    this.loop?.at(millis, () => {
      Object.assign(this.#limits, settings)
      this.#settings = { ...this.#settings, ...settings }
      if (settings.access !== undefined) this.observer.readmit()
      this.observer.server?.change(this.#settings)
    })
  }

  /**
   * Runs the daemon until it ends by itself or is interrupted, and then checks that nothing of it is left. `started` is called when it
   * serves. Answers whether it was interrupted.
   */
  run(started: () => void = () => {}): boolean {
    const { endMillis, isVerbose = false, sabotage } = this.#options
    this.kernel.pauseFaults()
    const listener = this.#listen()
    const openBefore = this.daemon.openCount
    const note = (message: string) => this.journal.push(message)
    const program = Effect.gen({ self: this }, function* () {
      const loop = yield* Reactor
      const fiber = yield* Effect.fiber
      this.loop = loop
      loop.at(endMillis, () => {
        this.observer.isShutDown = true
        fiber.interruptUnsafe()
      })
      const server = yield* CacheServer.make([listener], this.#settings)
      this.observer.server = server
      this.#countCalls(-1)
      this.kernel.resumeFaults()
      started()
      yield* server.idle
      this.onIdle()
      this.daemon.calls.unlink(path)
      yield* server.serveLast
      this.observer.isShutDown = true
    }).pipe(Effect.scoped, Effect.provideService(Journal, { info: note, warning: note, verbose: note, isVerbose }))
    const calls = sabotage?.calls?.(this.observer.calls, this) ?? this.observer.calls
    const exit = this.observer.listening(() => this.#guarded(() => Reactors.runSimulated(program, calls)))
    this.#countCalls(1)
    if (this.observer.failure !== undefined) throw this.observer.failure
    const wasInterrupted = Reactors.wasInterrupted(exit)
    if (Exit.isFailure(exit) && !wasInterrupted) throw this.#failure(`the daemon failed: ${String(exit.cause)}`)
    this.#checkEnd(openBefore)
    return wasInterrupted
  }

  describe(): string {
    const journal = this.journal.slice(-5).map((line) => `  log: ${line}`)
    return [shorten(this.kernel.describe(), daemonName), ...journal].join("\n")
  }

  #countCalls(sign: 1 | -1): void {
    const { calls } = this.daemon
    for (const call of Object.keys(calls) as ReadonlyArray<keyof SystemCallsShape>) {
      this.callCounts.set(call, (this.callCounts.get(call) ?? 0) + sign * this.daemon.callCount(call))
    }
  }

  #listen(): Descriptor {
    const { calls } = this.daemon
    const listener = calls.socket()
    if (typeof listener === "number") throw new Error("no socket")
    calls.bind(listener, path)
    calls.changeMode(path, 0o666)
    calls.listen(listener, this.#options.backlog ?? 16)
    return listener
  }

  #checkEnd(openBefore: number): void {
    const { kernel, observer } = this
    observer.checkEnded(openBefore)
    for (const line of this.journal) if (line.includes("internal error")) observer.fail(line)
    for (const client of this.clients) client.die()
    this.#peers.die()
    const { closed, made, received } = kernel.counts
    if (made + received !== closed + this.daemon.openCount) {
      observer.fail(`${made} descriptors were made and ${received} received, but ${closed} closed`)
    }
    const violation = kernel.violations[0]
    if (violation !== undefined) observer.fail(SimulatedSystemCalls.explainViolation(violation))
    if (observer.failure !== undefined) throw observer.failure
  }

  /** Whatever is thrown in the middle counts as a failure; the first one is the one that matters. */
  #guarded<A>(run: () => A): A {
    try {
      return run()
    } catch (error) {
      throw (
        this.observer.failure ?? this.#failure(error instanceof Error ? (error.stack ?? error.message) : String(error))
      )
    }
  }

  #failure(message: string): SimulationFailure {
    return new SimulationFailure(message, this.describe())
  }
}
