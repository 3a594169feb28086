import { posix } from "node:path"
import { adoptDescriptor, type Descriptor, isClosedBy, numberOf } from "../internal/descriptor.ts"
import type { SocketKind } from "../SocketKind.ts"
import type { Outcome, PeerCredentials, SystemCallsShape } from "../SystemCalls.ts"
import { DescriptorTable } from "./DescriptorTable.ts"
import type { FaultInjector } from "./FaultInjector.ts"
import type { FaultKind, FaultPlan } from "./FaultPlan.ts"
import { ForeignSocketFile } from "./ForeignSocketFile.ts"
import { type OpenFile, PlainFile } from "./OpenFile.ts"
import type { SimulatedKernel } from "./SimulatedKernel.ts"
import { type PeerIdentity, SocketFile } from "./SocketFile.ts"
import { makeSystemCalls } from "./simulatedCalls.ts"

/**
 * What a simulated process may do beyond its user: Linux's capability sets, bit n for capability n.
 *
 * @category models
 */
export interface CapabilitySets {
  readonly effective: bigint
  readonly permitted: bigint
  readonly inheritable: bigint
  readonly bounding: bigint
  readonly ambient: bigint
}

/**
 * Who a simulated process is, and how it differs from the kernel's defaults.
 *
 * @category models
 */
export interface ProcessOptions {
  /** 0, the default, may do anything to files. */
  readonly uid?: number
  readonly gid?: number
  readonly pid?: number
  /** How many descriptors it may have at first: its soft limit. */
  readonly descriptorsMax?: number
  /** Up to where it may raise that itself; as far as it is at first unless given. */
  readonly descriptorsHardMax?: number
  /** What differs from the kernel's rule: root has all capabilities, others none but the bounding set. */
  readonly capabilities?: Partial<CapabilitySets>
  /** Where relative paths begin; `/` unless given. */
  readonly workingDirectory?: string
  /** Which of its standard descriptors are terminals; none unless given. */
  readonly terminals?: ReadonlyArray<0 | 1 | 2>
  /** Its own plan instead of the kernel's. */
  readonly faults?: FaultPlan
}

/**
 * A descriptor of a simulated process, for questions about it.
 *
 * `fileId` is the identity of the open file: equal in two processes when one got it from the other.
 *
 * @category ledger
 */
export interface OpenDescriptor {
  readonly number: number
  readonly fileId: number
  readonly label: string
  readonly kind: "socket" | "epoll" | "file"
  /** What happened to the open file, oldest first. */
  readonly history: ReadonlyArray<string>
}

/** What has no default, or one that is found out here. */
type OptionalOption = "faults" | "descriptorsHardMax" | "capabilities"

/** The 41 of Linux 5.9 and later. */
const allCapabilities = (1n << 41n) - 1n

const initialCapabilities = (uid: number, differing: Partial<CapabilitySets> = {}): CapabilitySets => {
  const held = uid === 0 ? allCapabilities : 0n
  return { effective: held, permitted: held, inheritable: 0n, bounding: allCapabilities, ambient: 0n, ...differing }
}

/**
 * A process of the simulated machine: a table of descriptors and the system calls it makes.
 *
 * @category simulation
 */
export class SimulatedProcess {
  readonly name: string
  /** As the machine knows it, whatever the process has made its root. @internal */
  workingDirectory: string
  /** @internal */
  rootDirectory = "/"
  /** @internal */
  groups: ReadonlyArray<number> = []
  /** When SIGALRM will end it. @internal */
  alarmAtMillis = Number.POSITIVE_INFINITY
  readonly terminals: ReadonlyArray<0 | 1 | 2>
  /** What programs write, by their command lines, or the error number that running them gives; others are not there. */
  readonly programs = new Map<string, string | Outcome>()
  readonly kernel: SimulatedKernel
  readonly faults: FaultInjector
  /** The service's implementation; `layer` wraps it. */
  readonly calls: SystemCallsShape
  readonly #table: DescriptorTable
  readonly #callCounts = new Map<string, number>()
  readonly #descriptorsHardMax: number
  #credentials: PeerCredentials
  #capabilities: CapabilitySets
  #isAlive = true

  /** Made by `SimulatedKernel.process`. */
  constructor(
    kernel: SimulatedKernel,
    name: string,
    options: Required<Omit<ProcessOptions, OptionalOption>> & Pick<ProcessOptions, OptionalOption>,
    faults: FaultInjector
  ) {
    this.kernel = kernel
    this.name = name
    this.#credentials = { pid: options.pid, uid: options.uid, gid: options.gid }
    this.workingDirectory = options.workingDirectory
    this.terminals = options.terminals
    this.faults = faults
    this.#table = new DescriptorTable(options.descriptorsMax)
    this.#descriptorsHardMax = options.descriptorsHardMax ?? options.descriptorsMax
    this.#capabilities = initialCapabilities(options.uid, options.capabilities)
    this.calls = makeSystemCalls(this)
  }

  get credentials(): PeerCredentials {
    return this.#credentials
  }

  /** The credentials that its peers see. @internal */
  get peerIdentity(): PeerIdentity {
    return { ...this.#credentials, groups: this.groups }
  }

  /** @internal */
  changeCredentials(change: Partial<PeerCredentials>): void {
    const wasRoot = this.#credentials.uid === 0
    this.#credentials = { ...this.#credentials, ...change }
    // As the kernel does when the last of the user ids leaves 0.
    if (wasRoot && change.uid !== undefined && change.uid !== 0) {
      this.changeCapabilities({ effective: 0n, permitted: 0n, ambient: 0n })
    }
  }

  /** @internal */
  get capabilities(): CapabilitySets {
    return this.#capabilities
  }

  /** @internal */
  changeCapabilities(change: Partial<CapabilitySets>): void {
    this.#capabilities = { ...this.#capabilities, ...change }
  }

  /** @internal */
  get descriptorLimit(): { readonly soft: number; readonly hard: number } {
    return { soft: this.#table.max, hard: this.#descriptorsHardMax }
  }

  /** @internal */
  changeDescriptorLimit(soft: number): void {
    this.#table.max = soft
  }

  /** Where a path of this process leads on the machine: nothing above its root. @internal */
  resolve(path: string): string {
    const root = this.rootDirectory === "/" ? "" : this.rootDirectory
    const inside = posix.resolve(this.workingDirectory.slice(root.length) || "/", path)
    return inside === "/" ? this.rootDirectory : `${root}${inside}`
  }

  /** Dies when its alarm has rung. @internal */
  checkAlarm(): void {
    if (this.kernel.nowMillis >= this.alarmAtMillis) this.die()
  }

  /** @internal */
  fileOf(number: number): OpenFile | undefined {
    return this.#table.get(number)
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /**
   * Ends the process where it stands: the kernel closes all its descriptors. Whatever code of it still runs gets EBADF from every
   * call, and its closes are ignored.
   */
  die(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    for (const [number] of this.#table.entries()) this.#close(number, "closed by the death of the process")
  }

  /** Opens a file that is no socket: cargo that is identified by its label. */
  open(label: string): Descriptor {
    return this.#installed(new PlainFile(this.kernel.nextFileId(), label))
  }

  /** One end of a connection that rests: its other end has no owner, and sends nothing. */
  connection(label: string): Descriptor {
    const near = new SocketFile(this.kernel.nextFileId(), label, this.kernel.options.socketBufferBytes)
    const far = new SocketFile(this.kernel.nextFileId(), `${label}, the far end`, this.kernel.options.socketBufferBytes)
    near.pairWith(far)
    far.hold()
    return this.#installed(near)
  }

  /** A socket of a kind that the simulation has no traffic for; `found` are the `Readiness` bits that hold of it for good. */
  foreignSocket(kind: SocketKind, label: string, found = 0): Descriptor {
    return this.#installed(new ForeignSocketFile(this.kernel.nextFileId(), label, kind, found))
  }

  /**
   * Gives this process a copy of another's descriptor, as a parent does at fork and exec; under a number that code expects, or the lowest
   * free one. Returns the number: `calls.adopt` makes an owned descriptor of it.
   */
  inherit(parent: SimulatedProcess, descriptor: Descriptor, number?: number): number {
    const file = parent.#find(descriptor)
    if (number === undefined) return this.install(file, `inherited from ${parent.name}`, "made", false)
    this.#table.place(number, file)
    this.kernel.ledger.record("made", this.name, number, file, `inherited from ${parent.name}`)
    return number
  }

  /** Sends bytes that carry several descriptors at once, which no well-behaved program does. */
  sendDescriptors(
    socket: Descriptor,
    descriptors: ReadonlyArray<Descriptor>,
    bytes: Uint8Array = new Uint8Array(1)
  ): Outcome {
    const through = this.#find(socket)
    if (!(through instanceof SocketFile)) throw new TypeError("not a socket")
    const files = descriptors.map((each) => this.#find(each))
    const outcome = through.send(bytes, files)
    if (outcome > 0) this.notePassed(descriptors, files, through)
    return outcome
  }

  /** Names the open file behind a descriptor, for messages and for `openDescriptors`. */
  label(descriptor: Descriptor, label: string): void {
    this.#find(descriptor).label = label
  }

  /** What stands behind a descriptor of this process. */
  inspect(descriptor: Descriptor): OpenDescriptor {
    return this.#view(numberOf(descriptor), this.#find(descriptor))
  }

  /** Every descriptor it has open, by number. */
  openDescriptors(): ReadonlyArray<OpenDescriptor> {
    return this.#table.entries().map(([number, file]) => this.#view(number, file))
  }

  get openCount(): number {
    return this.#table.size
  }

  /** How many more descriptors it may open. */
  get room(): number {
    return this.#table.room
  }

  /** What happened to a number of this process, oldest first. */
  historyOf(number: number): ReadonlyArray<string> {
    return this.kernel.ledger.ofNumber(this.name, number)
  }

  /** How often it made a system call, by its name. */
  callCount(call: keyof SystemCallsShape): number {
    return this.countOf(call)
  }

  /** The same for calls that other packages add to the simulated machine. */
  countOf(call: string): number {
    return this.#callCounts.get(call) ?? 0
  }

  /** @internal */
  countCall(call: string): void {
    this.#callCounts.set(call, (this.#callCounts.get(call) ?? 0) + 1)
  }

  /** The fault that is due in the call being made. @internal */
  drawFault(call: string): FaultKind | undefined {
    return this.faults.draw(call, this.#callCounts.get(call) ?? 0)
  }

  /** The open file behind a descriptor; undefined, and a violation, when the number is not open. @internal */
  lookUp(descriptor: Descriptor, operation: string): OpenFile | undefined {
    const number = numberOf(descriptor)
    if (!isClosedBy(descriptor, this.closeNumber)) {
      this.kernel.ledger.violate("foreign", this.name, number, operation)
      throw new TypeError(`${this.name} used a descriptor of another process or layer in ${operation}`)
    }
    const file = this.#table.get(number)
    if (file === undefined) this.kernel.ledger.violate("used", this.name, number, operation)
    return file
  }

  /** @internal */
  install(file: OpenFile, how: string, kind: "made" | "received"): Descriptor | Outcome
  /** @internal */
  install(file: OpenFile, how: string, kind: "made" | "received", isOwned: false): number
  install(file: OpenFile, how: string, kind: "made" | "received", isOwned = true): Descriptor | number {
    const number = this.#table.install(file)
    if (number < 0) return number
    this.kernel.ledger.record(kind, this.name, number, file, how)
    return isOwned ? adoptDescriptor(number, this.closeNumber) : number
  }

  /** @internal */
  adopt(number: number): Descriptor {
    if (this.#table.get(number) === undefined) this.kernel.ledger.violate("adopted", this.name, number, "adopt")
    return adoptDescriptor(number, this.closeNumber)
  }

  /** @internal */
  notePassed(descriptors: ReadonlyArray<Descriptor>, files: ReadonlyArray<OpenFile>, through: SocketFile): void {
    for (const [index, file] of files.entries()) {
      const number = descriptors[index] === undefined ? -1 : numberOf(descriptors[index])
      this.kernel.ledger.record("passed", this.name, number, file, `passed through ${through.describe()}`)
    }
  }

  /** What a descriptor's `close` calls; its identity marks the descriptors of this process. @internal */
  readonly closeNumber = (number: number): void => {
    if (!this.#isAlive) return
    this.countCall("close")
    if (this.#table.get(number) === undefined) this.kernel.ledger.violate("closed", this.name, number, "close")
    else this.#close(number, "closed")
    this.kernel.noteCall(this, "close", String(number), "0")
  }

  #close(number: number, how: string): void {
    const file = this.#table.remove(number)
    if (file === undefined) return
    this.kernel.ledger.record("closed", this.name, number, file, how)
    file.release()
  }

  #installed(file: OpenFile): Descriptor {
    const descriptor = this.install(file, "opened", "made")
    if (typeof descriptor === "number")
      throw new RangeError(`${this.name} has no descriptor left to open "${file.label}"`)
    return descriptor
  }

  #find(descriptor: Descriptor): OpenFile {
    const file = this.lookUp(descriptor, "a question of the scenario")
    if (file === undefined) throw new RangeError(`${this.name} has no descriptor ${numberOf(descriptor)}`)
    return file
  }

  #view(number: number, file: OpenFile): OpenDescriptor {
    const history = this.kernel.ledger.ofFile(file)
    return { number, fileId: file.id, label: file.label, kind: file.kind, history }
  }
}
