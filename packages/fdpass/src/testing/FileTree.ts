import { posix } from "node:path"
import { Errno } from "../Errno.ts"
import type { FileIdentity, Outcome } from "../SystemCalls.ts"
import type { DatagramFile } from "./DatagramFile.ts"
import type { SocketFile } from "./SocketFile.ts"

/** Whose process it is, as far as files care. */
export interface FileUser {
  readonly uid: number
  readonly gid: number
}

/** What stands at a path. */
export interface FileNode {
  readonly identity: FileIdentity
  readonly owner: FileUser
  mode: number
  /** The socket that was bound here, while it is open. */
  socket: SocketFile | DatagramFile | undefined
  /** What is written in it. */
  text: string
}

const device = 1
/** Of a socket: 0777 less the usual umask. */
const usualMode = 0o755
const writeBits = { owner: 0o200, group: 0o020, others: 0o002 }

const mayWrite = (user: FileUser, node: FileNode): boolean => {
  if (user.uid === 0) return true
  if (user.uid === node.owner.uid) return (node.mode & writeBits.owner) !== 0
  if (user.gid === node.owner.gid) return (node.mode & writeBits.group) !== 0
  return (node.mode & writeBits.others) !== 0
}

/** The files of the simulated machine: a map from absolute paths, without links. */
export class FileTree {
  readonly #nodes = new Map<string, FileNode>()
  #nextInode = 2

  constructor() {
    for (const path of ["/", "/run", "/tmp"]) this.put(path, "directory", { uid: 0, gid: 0 }, 0o777)
  }

  /** Puts something there, whatever stood there before. */
  put(path: string, kind: FileIdentity["kind"], owner: FileUser, mode: number): FileNode {
    const identity = { kind, device, inode: this.#nextInode++ }
    const node: FileNode = { identity, owner, mode, socket: undefined, text: "" }
    this.#nodes.set(path, node)
    return node
  }

  find(path: string): FileNode | Outcome {
    if (path === "/") return this.#nodes.get(path) ?? -Errno.ENOENT
    const directory = this.find(posix.dirname(path))
    if (typeof directory === "number") return directory
    if (directory.identity.kind !== "directory") return -Errno.ENOTDIR
    return this.#nodes.get(path) ?? -Errno.ENOENT
  }

  bind(path: string, socket: SocketFile | DatagramFile, user: FileUser, mode = usualMode): Outcome {
    const found = this.find(path)
    if (typeof found !== "number") return -Errno.EADDRINUSE
    if (found !== -Errno.ENOENT) return found
    const directory = this.find(posix.dirname(path))
    if (typeof directory === "number") return directory
    if (!mayWrite(user, directory)) return -Errno.EACCES
    if (socket.path !== "") return -Errno.EINVAL
    this.put(path, "socket", { uid: user.uid, gid: user.gid }, mode & 0o777).socket = socket
    socket.path = path
    return 0
  }

  /** The socket that a connect to this path reaches. */
  reach(path: string, user: FileUser): SocketFile | DatagramFile | Outcome {
    const found = this.find(path)
    if (typeof found === "number") return found
    if (!mayWrite(user, found)) return -Errno.EACCES
    return found.socket === undefined || found.socket.isGone ? -Errno.ECONNREFUSED : found.socket
  }

  textOf(path: string): string | Outcome {
    const found = this.find(path)
    if (typeof found === "number") return found
    return found.identity.kind === "directory" ? -Errno.EISDIR : found.text
  }

  unlink(path: string, user: FileUser): Outcome {
    const found = this.find(path)
    if (typeof found === "number") return found
    const directory = this.find(posix.dirname(path))
    if (typeof directory === "number") return directory
    if (!mayWrite(user, directory)) return -Errno.EACCES
    if (found.identity.kind === "directory") return -Errno.EISDIR
    this.#nodes.delete(path)
    return 0
  }

  changeMode(path: string, mode: number, user: FileUser): Outcome {
    const found = this.find(path)
    if (typeof found === "number") return found
    if (user.uid !== 0 && user.uid !== found.owner.uid) return -Errno.EPERM
    found.mode = mode & 0o7777
    return 0
  }
}
