/**
 * What each descriptor of a running scached is, found out from outside: one of its own, a client, a connection that Postfix saved or one
 * that somebody else did. The kernel's tables of sockets tell which.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** What is known of a daemon's surroundings. */
export interface Surroundings {
  /** Its listening socket. */
  readonly socketPath: string
  /** Where Postfix's connections lead to: an IPv4 address and a port. */
  readonly destination: { readonly address: string; readonly port: number }
}

/** The kernel's view: a process's links in /proc, and the tables of all sockets. */
export interface Seen {
  /** By number: `socket:[4711]`, `anon_inode:[eventpoll]`, a path. */
  readonly links: ReadonlyMap<number, string>
  /** The text of /proc/net/unix and of /proc/net/tcp. */
  readonly unix: string
  readonly tcp: string
}

/**
 * A descriptor is `own` (no socket, or the listening one), a `client`, a connection of Postfix's (`mail`, and `hung up` when its
 * far end has closed), one that `others` saved (they save UNIX sockets without a name), or `unknown`.
 */
export type Kind = "own" | "client" | "mail" | "hung up" | "others" | "unknown"

/** A descriptor, and what it is. */
export interface OpenDescriptor {
  readonly number: number
  readonly link: string
  readonly kind: Kind
}

/** As the kernel writes them in its tables. */
const [listening, closeWait] = ["01", "08"]

/** Little-endian, as all machines are that scached runs on. */
const hexOf = ({ address, port }: Surroundings["destination"]): string => {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, "0")
  const bytes = address.split(".").map((byte) => hex(Number(byte), 2))
  return `${bytes.reverse().join("")}:${hex(port, 4)}`
}

const rowsOf = (table: string): ReadonlyArray<ReadonlyArray<string>> =>
  table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))

/** By the inode of the socket. */
const kindsOfSockets = (seen: Seen, { socketPath, destination }: Surroundings): ReadonlyMap<string, Kind> => {
  const kinds = new Map<string, Kind>()
  for (const [, , , , , state, inode = "", path] of rowsOf(seen.unix)) {
    if (path === undefined) kinds.set(inode, "others")
    // What was accepted has the listening socket's path.
    else if (path === socketPath) kinds.set(inode, state === listening ? "own" : "client")
  }
  const far = hexOf(destination)
  for (const [, , remote, state, , , , , , inode = ""] of rowsOf(seen.tcp)) {
    if (remote === far) kinds.set(inode, state === closeWait ? "hung up" : "mail")
  }
  return kinds
}

/** Says what each descriptor is. */
export const classify = (seen: Seen, surroundings: Surroundings): ReadonlyArray<OpenDescriptor> => {
  const kinds = kindsOfSockets(seen, surroundings)
  return [...seen.links].map(([number, link]) => {
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1]
    return { number, link, kind: inode === undefined ? "own" : (kinds.get(inode) ?? "unknown") }
  })
}

const linksOf = (pid: number): ReadonlyMap<number, string> => {
  const links = new Map<number, string>()
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      try {
        links.set(Number(name), readlinkSync(`/proc/${pid}/fd/${name}`))
      } catch {
        // Closed meanwhile.
      }
    }
  } catch {
    // The process is gone.
  }
  return links
}

/** Looks at a process: its links first, so that what they name is in the tables unless it was closed meanwhile. */
export const look = (pid: number): Seen => ({
  links: linksOf(pid),
  unix: readFileSync("/proc/net/unix", "latin1"),
  tcp: readFileSync("/proc/net/tcp", "latin1")
})
