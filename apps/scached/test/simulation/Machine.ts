import { type Descriptor, SimulatedSystemCalls, type SystemCallsShape } from "@scached/fdpass"
import { type EventLoop, Reactor, Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"
import * as CacheServer from "../../src/cache/CacheServer.ts"
import type { CacheSettings } from "../../src/cache/CacheSettings.ts"
import { Journal } from "../../src/cache/Journal.ts"
import { Observer } from "./Observer.ts"
import { SimulationFailure, shorten } from "./Report.ts"
import { SimulatedClient } from "./SimulatedClient.ts"

const path = "/run/scached"
const daemonName = "scached"

/** How a machine with a daemon is. */
export interface MachineOptions {
  readonly kernel: SimulatedSystemCalls.KernelOptions
  readonly settings: CacheSettings
  /** Faults of the daemon's calls, and of its clients'. */
  readonly daemonFaults?: SimulatedSystemCalls.FaultPlan
  readonly clientFaults?: SimulatedSystemCalls.FaultPlan
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
  readonly clients: Array<SimulatedClient> = []
  readonly journal: Array<string> = []
  /** The loop, once the daemon runs. */
  loop: EventLoop | undefined
  readonly #options: MachineOptions

  constructor(options: MachineOptions) {
    this.#options = options
    this.kernel = new SimulatedSystemCalls.SimulatedKernel(options.kernel)
    this.daemon = this.kernel.process(daemonName, {
      faults: options.daemonFaults ?? {},
      descriptorsMax: options.descriptorsMax ?? 100_000
    })
    this.observer = new Observer(this.daemon, options.settings, () => this.describe())
  }

  /** A client process, which does nothing yet. */
  client(name = `client ${this.clients.length + 1}`): SimulatedClient {
    const process = this.kernel.process(name, { faults: this.#options.clientFaults ?? {} })
    const client = new SimulatedClient(process, this.observer.expect(name), path)
    this.clients.push(client)
    return client
  }

  /** Adds something that happens at a moment of the clock. */
  at(millis: number, happen: () => void): void {
    const step = () => {
      if (this.kernel.nowMillis < millis) return { wakeAtMillis: millis }
      happen()
      return "done" as const
    }
    this.kernel.addActor({ name: `at ${millis} ms`, step })
  }

  /**
   * Runs the daemon until it ends by itself or is interrupted, and then checks that nothing of it is left. `started` is called when it
   * serves. Answers whether it was interrupted.
   */
  run(started: () => void = () => {}): boolean {
    const { endMillis, isVerbose = false, sabotage, settings } = this.#options
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
      const server = yield* CacheServer.make([listener], { ...settings, ...sabotage?.settings })
      this.observer.server = server
      this.kernel.resumeFaults()
      started()
      yield* server.idle
      this.observer.isShutDown = true
    }).pipe(Effect.scoped, Effect.provideService(Journal, { info: note, warning: note, verbose: note, isVerbose }))
    const calls = sabotage?.calls?.(this.observer.calls, this) ?? this.observer.calls
    const exit = this.#guarded(() => Reactors.runSimulated(program, calls))
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
