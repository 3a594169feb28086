import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import {
  type Descriptor,
  errnoName,
  KernelSystemCalls,
  type Outcome,
  SystemCalls,
  type SystemCallsShape
} from "../../src/index.ts"
import { SimulatedKernel } from "../../src/testing/index.ts"
import { sendDescriptorsRaw } from "./rawMessages.ts"

/** The system calls of the kernel, and what a script needs beside them. */
export const kernelCalls: SystemCallsShape = Effect.runSync(
  Effect.map(SystemCalls, (calls) => calls).pipe(Effect.provide(KernelSystemCalls.layer))
)

/** Waits for the threads that close, each of which ends by itself or is told to. */
const untilClosed = (): void => {
  while (kernelCalls.closesUnderWay() > 0) kernelCalls.hurryCloses()
}

/** The numbers this process has open. */
export const openNumbers = (): ReadonlyArray<number> => {
  untilClosed()
  // A number that only the first listing has was the listing's own descriptor.
  const first = readdirSync("/proc/self/fd").map(Number)
  return first.filter((number) => {
    try {
      readlinkSync(`/proc/self/fd/${number}`)
      return true
    } catch {
      return false
    }
  })
}

/** Where a script runs: on the kernel, or in a simulation of it. */
export interface Machine {
  readonly name: string
  readonly calls: SystemCallsShape
  /** An empty directory. */
  readonly directory: string
  readonly self: { readonly pid: number; readonly uid: number; readonly gid: number }
  readonly groups: ReadonlyArray<number>
  /** Opens a file that is no socket. */
  open(): Descriptor
  makeFile(path: string): void
  makeDirectory(path: string): void
  modeOf(path: string): number | undefined
  sendDescriptors(socket: Descriptor, descriptors: ReadonlyArray<Descriptor>, bytes?: Uint8Array): Outcome
  openCount(): number
  dispose(): void
}

export const kernelMachine = (): Machine => {
  const directory = mkdtempSync(join(tmpdir(), "fdpass-"))
  chmodSync(directory, 0o777)
  return {
    name: "the kernel",
    calls: kernelCalls,
    directory,
    self: { pid: process.pid, uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 },
    groups: process.getgroups?.() ?? [],
    open: () => kernelCalls.adopt(openSync("/etc/passwd", "r")),
    makeFile: (path) => writeFileSync(path, ""),
    makeDirectory: (path) => mkdirSync(path),
    modeOf: (path) => statSync(path).mode & 0o7777,
    sendDescriptors: sendDescriptorsRaw,
    openCount: () => openNumbers().length,
    dispose: () => rmSync(directory, { recursive: true, force: true })
  }
}

export const simulatedMachine = (): Machine => {
  const kernel = new SimulatedKernel({ seed: 1 })
  const self = kernel.process("self", { uid: 7, gid: 8 })
  self.groups = [8, 20]
  kernel.makeFile("/tmp/fdpass", "directory", { mode: 0o777 })
  return {
    name: "the simulation",
    calls: self.calls,
    directory: "/tmp/fdpass",
    self: self.credentials,
    groups: self.groups,
    open: () => self.open("cargo"),
    makeFile: (path) => kernel.makeFile(path, "other", { uid: 7 }),
    makeDirectory: (path) => kernel.makeFile(path, "directory", { uid: 7 }),
    modeOf: (path) => kernel.modeOf(path),
    sendDescriptors: (socket, descriptors, bytes) => self.sendDescriptors(socket, descriptors, bytes),
    openCount: () => self.openCount,
    dispose: () => {
      const { violations } = kernel
      if (violations.length > 0) throw new Error(kernel.describe())
    }
  }
}

/** An outcome as a script reports it: a count, an error's name, `ok` for a value. */
export const show = (outcome: unknown): string | number => {
  if (typeof outcome !== "number") return "ok"
  return outcome < 0 ? errnoName(-outcome) : outcome
}

/** The value of a call that must succeed. */
export const must = <A>(outcome: A | Outcome): Exclude<A, number> => {
  if (typeof outcome === "number") throw new Error(`the call failed: ${errnoName(-outcome)}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return outcome as Exclude<A, number>
}

export const closeAll = (...descriptors: ReadonlyArray<Descriptor | undefined>): void => {
  for (const each of descriptors) if (each?.isOwned) each.close()
}
