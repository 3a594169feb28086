import { Errno } from "../../Errno.ts"
import type { InheritedKind, ProcessCallsShape } from "../../ProcessCalls.ts"
import type { Outcome } from "../../SystemCalls.ts"
import type { Descriptor } from "../descriptor.ts"
import { makeTracer } from "./callTracer.ts"
import { DatagramFile } from "./DatagramFile.ts"
import type { OpenFile } from "./OpenFile.ts"
import { PlainFile } from "./OpenFile.ts"
import type { SimulatedProcess } from "./SimulatedProcess.ts"
import { SocketFile } from "./SocketFile.ts"

const kindOf = (file: OpenFile): InheritedKind => {
  if (file instanceof DatagramFile) return "datagram"
  if (!(file instanceof SocketFile)) return "not a socket"
  return file.state === "listening" ? "listening" : "stream"
}

/** The calls of one simulated process that concern itself. Descriptors are non-blocking and close-on-exec in here anyway. */
export const makeProcessCalls = (process: SimulatedProcess): ProcessCallsShape => {
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

  const asRoot = (change: () => void): Outcome => {
    if (process.credentials.uid !== 0) return -Errno.EPERM
    change()
    return 0
  }

  return {
    pid: process.credentials.pid,
    isTerminal: (standard) => process.terminals.includes(standard),
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
    setNonBlocking: call("setNonBlocking", flag("fcntl")),
    setCloseOnExec: call("setCloseOnExec", flag("fcntl")),
    changeDirectory: call("changeDirectory", (path: string) => {
      const found = directory(path)
      if (typeof found === "number") return found
      process.workingDirectory = found
      return 0
    }),
    changeRoot: call("changeRoot", (path: string) => {
      if (process.credentials.uid !== 0) return -Errno.EPERM
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
    findCode: () => () => {},
    setAlarm: call("setAlarm", (millis: number) => {
      process.alarmAtMillis = millis <= 0 ? Number.POSITIVE_INFINITY : kernel.nowMillis + Math.ceil(millis)
      return 0
    })
  }
}
