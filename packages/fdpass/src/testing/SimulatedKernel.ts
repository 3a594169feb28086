import { posix } from "node:path"
import type { FileIdentity } from "../SystemCalls.ts"
import { CallTrace, type TracedCall } from "./CallTrace.ts"
import { FaultInjector } from "./FaultInjector.ts"
import type { FaultKind, FaultPlan } from "./FaultPlan.ts"
import { FileTree, type FileUser } from "./FileTree.ts"
import { explainViolation, Ledger, type LedgerCounts, type Violation } from "./Ledger.ts"
import { SeededRandom } from "./SeededRandom.ts"
import { type ProcessOptions, SimulatedProcess } from "./SimulatedProcess.ts"
import { type Actor, World } from "./World.ts"

/**
 * How the simulated machine is.
 *
 * @category models
 */
export interface KernelOptions {
  /** Decides everything that is left to chance: same seed, same run. */
  readonly seed: number
  /** What shall go wrong; nothing unless given. */
  readonly faults?: FaultPlan
  /** How many descriptors a process may have, the three standard ones included; 1024 unless given. */
  readonly descriptorsMax?: number
  /** What may be queued at a socket's peer, each write counted with some 800 bytes more; 212,992 unless given, as in Linux. */
  readonly socketBufferBytes?: number
  /** The wall clock at the beginning. */
  readonly wallStartMillis?: number
  /** What one system call costs in virtual time; nothing unless given. */
  readonly callMillis?: number
  /** How many steps actors may make at one moment of the clock before it counts as a livelock; 1,000,000 unless given. */
  readonly stepsMax?: number
  /** How many of the latest calls are kept; 256 unless given. */
  readonly tracedCallsMax?: number
}

/**
 * A simulated machine: processes, open files, paths and a virtual clock, all in memory and decided by one seed.
 *
 * @category simulation
 */
export class SimulatedKernel {
  readonly options: Required<Omit<KernelOptions, "faults">>
  /** The one generator; a scenario draws from it too, or from a `fork` of it. */
  readonly random: SeededRandom
  /** @internal */
  readonly ledger: Ledger
  /** @internal */
  readonly files = new FileTree()
  /** @internal */
  readonly world: World
  readonly #faultPlan: FaultPlan
  readonly #faultCounts = new Map<FaultKind, number>()
  readonly #processes = new Map<string, SimulatedProcess>()
  readonly #trace: CallTrace
  #areFaultsPaused = false
  #wallOffsetMillis = 0
  #nextFileId = 1

  constructor(options: KernelOptions) {
    const { faults, ...rest } = options
    this.options = {
      descriptorsMax: 1024,
      socketBufferBytes: 212_992,
      wallStartMillis: Date.UTC(2024, 0, 1),
      callMillis: 0,
      stepsMax: 1_000_000,
      tracedCallsMax: 256,
      ...rest
    }
    this.random = new SeededRandom(options.seed)
    this.world = new World(this.random, this.options.stepsMax, () => this.describe())
    this.ledger = new Ledger(() => this.world.nowMillis)
    this.#trace = new CallTrace(this.options.tracedCallsMax)
    this.#faultPlan = faults ?? {}
  }

  /** Starts a process; its name must be new. */
  process(name: string, options: ProcessOptions = {}): SimulatedProcess {
    if (this.#processes.has(name)) throw new RangeError(`there is a process "${name}" already`)
    const { faults = this.#faultPlan, ...rest } = options
    const injector = new FaultInjector(name, faults, this.random, this.#faultCounts, () => this.#areFaultsPaused)
    const defaults = { uid: 0, gid: 0, pid: 1000 + this.#processes.size, workingDirectory: "/", terminals: [] }
    const started = new SimulatedProcess(
      this,
      name,
      { ...defaults, descriptorsMax: this.options.descriptorsMax, ...rest },
      injector
    )
    this.#processes.set(name, started)
    return started
  }

  get processes(): ReadonlyArray<SimulatedProcess> {
    return [...this.#processes.values()]
  }

  /** The process of that name, dead or alive. */
  processOf(name: string): SimulatedProcess | undefined {
    return this.#processes.get(name)
  }

  /** Adds a part of the world that moves while the program under test waits; the result takes it away again. */
  addActor(actor: Actor): () => void {
    this.world.add(actor)
    return () => this.world.remove(actor)
  }

  /** Lets the actors move until none can, without the clock moving. */
  settle(): void {
    this.world.settle()
  }

  /** Lets that much virtual time pass, and the actors move in it. */
  advance(millis: number): void {
    this.world.wait(() => false, millis)
  }

  get nowMillis(): number {
    return this.world.nowMillis
  }

  get wallMillis(): number {
    return this.options.wallStartMillis + this.#wallOffsetMillis + this.world.nowMillis
  }

  /** Sets the wall clock forward or back, as an operator or ntpd does; the monotonic clock does not notice. */
  jumpWallClock(millis: number): void {
    this.#wallOffsetMillis += millis
  }

  /** No more faults by chance, so that a scenario can come to an orderly end; scripted ones still happen. */
  pauseFaults(): void {
    this.#areFaultsPaused = true
  }

  resumeFaults(): void {
    this.#areFaultsPaused = false
  }

  /** How often each kind of fault has happened. */
  get faultCounts(): ReadonlyMap<FaultKind, number> {
    return this.#faultCounts
  }

  /** Makes a directory, or anything else, at an absolute path; `/`, `/run` and `/tmp` are there from the beginning. */
  makeFile(
    path: string,
    kind: FileIdentity["kind"],
    options: Partial<FileUser> & { readonly mode?: number; readonly text?: string } = {}
  ): void {
    const { uid = 0, gid = 0, mode = 0o755, text = "" } = options
    this.files.put(posix.resolve("/", path), kind, { uid, gid }, mode).text = text
  }

  /** The permission bits of what stands at an absolute path, undefined when nothing does. */
  modeOf(path: string): number | undefined {
    const found = this.files.find(posix.resolve("/", path))
    return typeof found === "number" ? undefined : found.mode
  }

  /** Every close or use of a descriptor that was not owned, the first hundred of them: must be empty at the end of every run. */
  get violations(): ReadonlyArray<Violation> {
    return this.ledger.violations
  }

  /** How many descriptors were made, closed, passed, received and lost. */
  get counts(): LedgerCounts {
    return this.ledger.counts
  }

  /** The latest system calls, oldest first. */
  get latestCalls(): ReadonlyArray<TracedCall> {
    return this.#trace.latest
  }

  /** How many system calls there were, and a checksum over all of them: equal for two runs of one seed. */
  get fingerprint(): string {
    return `${this.#trace.count} calls, ${this.#trace.checksum.toString(16).padStart(8, "0")}`
  }

  /** The state of the machine as text: violations, open descriptors with their history, the latest calls. */
  describe(): string {
    const lines = [`seed ${this.options.seed}, at ${this.nowMillis.toFixed(3)} ms, ${this.fingerprint}`]
    for (const violation of this.violations) lines.push(explainViolation(violation))
    for (const process of this.#processes.values()) {
      lines.push(`${process.name}: ${process.isAlive ? `${process.openCount} descriptors` : "dead"}`)
      for (const { number, label, fileId, kind } of process.openDescriptors().slice(0, 32)) {
        lines.push(`  ${number}: ${kind} #${fileId} "${label}"`)
      }
    }
    for (const { atMillis, call, process, result, subject } of this.latestCalls.slice(-32)) {
      lines.push(`  ${atMillis.toFixed(3)} ms ${process} ${call}(${subject}) = ${result}`)
    }
    return lines.join("\n")
  }

  /** @internal */
  nextFileId(): number {
    return this.#nextFileId++
  }

  /** @internal */
  noteCall(process: SimulatedProcess, call: string, subject: string | number, result: string | number): void {
    this.#trace.add({ atMillis: this.nowMillis, process: process.name, call, subject, result })
    this.world.pass(this.options.callMillis)
  }
}
