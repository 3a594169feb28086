import type { PeerCredentials } from "@scached/fdpass"

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
}
