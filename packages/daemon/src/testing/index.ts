/**
 * `ProcessCalls` as a process of the simulated kernel of `@scached/fdpass/testing` makes them.
 */
import { type Descriptor, Errno, type Outcome } from "@scached/fdpass"
import {
  DatagramFile,
  makeTracer,
  type OpenFile,
  PlainFile,
  type SimulatedProcess,
  SocketFile,
  standardNumbers
} from "@scached/fdpass/testing"
import { Layer } from "effect"
import { type InheritedKind, ProcessCalls, type ProcessCallsShape } from "../ProcessCalls.ts"

/** CAP_SETPCAP, as a set. */
const setCapabilities = 1n << 8n

const kindOf = (file: OpenFile): InheritedKind => {
  if (file instanceof DatagramFile) return "datagram"
  if (!(file instanceof SocketFile)) return "not a socket"
  return file.state === "listening" ? "listening" : "stream"
}

/**
 * The calls of one simulated process that concern itself. Descriptors are non-blocking and close-on-exec in here anyway.
 *
 * @category simulation
 */
export const processCallsOf = (process: SimulatedProcess): ProcessCallsShape => {
  const { kernel } = process
  const call = makeTracer(process)

  const flag = (operation: string) => (descriptor: Descriptor) =>
    process.lookUp(descriptor, operation) === undefined ? -Errno.EBADF : 0

  const directory = (path: string): string | Outcome => {
    const resolved = process.resolve(path)
    const found = kernel.files.find(resolved)
    if (typeof found === "number") return found
    return found.identity.kind === "directory" ? resolved : -Errno.ENOTDIR
  }

  // Which of its capabilities a call asks for is not told apart: root has them all or none.
  const mayActAsRoot = (): boolean => process.credentials.uid === 0 && process.capabilities.effective !== 0n

  const asRoot = (change: () => void): Outcome => {
    if (!mayActAsRoot()) return -Errno.EPERM
    change()
    return 0
  }

  return {
    pid: process.credentials.pid,
    isTerminal: (standard) => process.terminals.includes(standard),
    // It was started without one.
    openStandardError: () => -Errno.EBADF,
    write: call("write", (descriptor: Descriptor, bytes: Uint8Array) => {
      const file = process.lookUp(descriptor, "write")
      if (file === undefined) return -Errno.EBADF
      if (file instanceof PlainFile) return bytes.length
      if (file instanceof DatagramFile) return file.send(bytes)
      return file instanceof SocketFile ? file.send(bytes, []) : -Errno.EINVAL
    }),
    inspect: call("inspect", (number: number) => {
      const file = process.fileOf(number)
      return file === undefined ? -Errno.EBADF : kindOf(file)
    }),
    socketAddress: call("socketAddress", (number: number) => {
      const file = process.fileOf(number)
      if (file === undefined) return -Errno.EBADF
      if (!(file instanceof SocketFile || file instanceof DatagramFile)) return -Errno.ENOTSOCK
      return { family: "unix", path: file.path } as const
    }),
    setNonBlocking: call("setNonBlocking", flag("fcntl")),
    setCloseOnExec: call("setCloseOnExec", flag("fcntl")),
    changeDirectory: call("changeDirectory", (path: string) => {
      const found = directory(path)
      if (typeof found === "number") return found
      process.workingDirectory = found
      return 0
    }),
    changeRoot: call("changeRoot", (path: string) => {
      if (!mayActAsRoot()) return -Errno.EPERM
      const found = path === "" ? -Errno.EINVAL : directory(path)
      if (typeof found === "number") return found
      process.rootDirectory = found
      process.workingDirectory = found
      return 0
    }),
    readFile: call("readFile", (path: string) => {
      const text = kernel.files.textOf(process.resolve(path))
      return typeof text === "number" ? text : Buffer.from(text)
    }),
    runProgram: call("runProgram", (command: ReadonlyArray<string>) => {
      const output = process.programs.get(command.join(" "))
      return typeof output === "string" ? Buffer.from(output) : (output ?? -Errno.ENOENT)
    }),
    identity: call("identity", () => {
      const { uid, gid } = process.credentials
      return { uids: [uid, uid, uid], gids: [gid, gid, gid], groups: process.groups } as const
    }),
    setGroups: call("setGroups", (groups: ReadonlyArray<number>) =>
      asRoot(() => {
        process.groups = [...groups]
      })
    ),
    setGroupId: call("setGroupId", (gid: number) =>
      gid === process.credentials.gid ? 0 : asRoot(() => process.changeCredentials({ gid }))
    ),
    setUserId: call("setUserId", (uid: number) =>
      uid === process.credentials.uid ? 0 : asRoot(() => process.changeCredentials({ uid }))
    ),
    forbidNewPrivileges: call("forbidNewPrivileges", () => 0),
    capabilities: call("capabilities", () => process.capabilities),
    clearCapabilities: call("clearCapabilities", () => {
      process.changeCapabilities({ effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n })
      return 0
    }),
    dropBoundingSet: call("dropBoundingSet", () => {
      if ((process.capabilities.effective & setCapabilities) === 0n) return -Errno.EPERM
      process.changeCapabilities({ bounding: 0n })
      return 0
    }),
    descriptorLimit: call("descriptorLimit", () => process.descriptorLimit),
    setDescriptorLimit: call("setDescriptorLimit", (soft: number) => {
      if (soft > process.descriptorLimit.hard) return -Errno.EINVAL
      process.changeDescriptorLimit(soft)
      return 0
    }),
    countDescriptors: call("countDescriptors", () => process.openCount + standardNumbers),
    findCode: () => () => {},
    resetSignals: call("resetSignals", () => 0),
    setAlarm: call("setAlarm", (millis: number) => {
      process.alarmAtMillis = millis <= 0 ? Number.POSITIVE_INFINITY : kernel.nowMillis + Math.ceil(millis)
      return 0
    })
  }
}

/**
 * How often a simulated process made one of these calls.
 *
 * @category simulation
 */
export const processCallCount = (process: SimulatedProcess, call: keyof ProcessCallsShape): number =>
  process.countOf(call)

/**
 * Provides `ProcessCalls` as a simulated process makes them.
 *
 * @category layers
 */
export const processLayer = (process: SimulatedProcess): Layer.Layer<ProcessCalls> =>
  Layer.succeed(ProcessCalls, processCallsOf(process))
