import type { Descriptor, PeerCredentials, SystemCallsShape } from "@scached/fdpass"

/** Who may connect, by what the kernel tells of a peer: its user, its group and its supplementary groups. */
export class Access {
  readonly #users: ReadonlySet<number>
  readonly #groups: ReadonlySet<number>

  constructor(users: Iterable<number>, groups: Iterable<number> = []) {
    this.#users = new Set(users)
    this.#groups = new Set(groups)
  }

  /** `otherGroups` is asked only where it decides: it is a system call. */
  admits(peer: PeerCredentials, otherGroups: () => ReadonlyArray<number>): boolean {
    if (this.#users.has(peer.uid) || this.#groups.has(peer.gid)) return true
    return this.#groups.size > 0 && otherGroups().some((group) => this.#groups.has(group))
  }

  /** The same for the peer of a connected socket; a peer whose groups the kernel does not tell has none. */
  admitsAt(socket: Descriptor, peer: PeerCredentials, calls: Pick<SystemCallsShape, "peerGroups">): boolean {
    return this.admits(peer, () => {
      const groups = calls.peerGroups(socket)
      return typeof groups === "number" ? [] : groups
    })
  }
}
