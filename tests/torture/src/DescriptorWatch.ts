/** Whether what a running scached has open can be explained, look by look: what cannot, and stays, is told. */
import type { OpenDescriptor } from "./DescriptorAudit.ts"

/** The daemon's life goes on between two looks, and within one: only what stays for longer than this is held against it. */
const patienceSeconds = 5

/** Longer than anything of `others` is held: a time to live of 2 seconds, and a hand-over that is not finished. */
const lastingSeconds = 10

/** How many descriptors there were of each kind. */
export interface DescriptorCounts {
  readonly total: number
  readonly own: number
  readonly clients: number
  readonly cached: number
  /** Of those that are not its own, how many have been there for long: clients that stay, and whatever leaks. */
  readonly lasting: number
}

const nameOf = ({ number, link }: OpenDescriptor): string => `${number}=${link}`

/** Since when each is there without a break. */
const keepSince = (
  before: ReadonlyMap<string, number>,
  names: Iterable<string>,
  second: number
): ReadonlyMap<string, number> => new Map([...names].map((name) => [name, before.get(name) ?? second]))

/** Looks at one daemon from its start to its end. */
export class DescriptorWatch {
  #since: ReadonlyMap<string, number> = new Map()
  #openSince: ReadonlyMap<string, number> = new Map()
  readonly #complaints = new Set<string>()
  #ownMax: number | undefined

  /** How many are the daemon's own, by the first look. */
  get ownMax(): number | undefined {
    return this.#ownMax
  }

  /** What could not be explained for too long; each once. */
  get complaints(): ReadonlyArray<string> {
    return [...this.#complaints]
  }

  /** Takes what one look has found; `clientsMax` is how many clients there can be. */
  take(open: ReadonlyArray<OpenDescriptor>, second: number, clientsMax: number): DescriptorCounts {
    const count = (...kinds: ReadonlyArray<OpenDescriptor["kind"]>) =>
      open.filter(({ kind }) => kinds.includes(kind)).length
    const counts = {
      total: open.length,
      own: count("own"),
      clients: count("client"),
      cached: count("mail", "hung up", "others")
    }
    const others = open.filter(({ kind }) => kind !== "own").map(nameOf)
    this.#openSince = keepSince(this.#openSince, others, second)
    const lasting = [...this.#openSince.values()].filter((since) => second - since > lastingSeconds).length
    this.#ownMax ??= counts.own
    const suspicions = new Map<string, number>()
    if (counts.own > this.#ownMax) suspicions.set(`more of its own than at first, ${this.#ownMax}`, patienceSeconds)
    if (counts.clients > clientsMax) suspicions.set("more clients than there can be", patienceSeconds)
    const links = new Set<string>()
    for (const each of open) {
      const { link, kind } = each
      const name = nameOf(each)
      if (kind === "unknown") suspicions.set(`${name} is nothing that is known`, patienceSeconds)
      if (kind === "hung up") suspicions.set(`${name} is cached although its far end has closed`, patienceSeconds)
      if (kind === "others") suspicions.set(`${name} is cached although its time is over`, lastingSeconds)
      // Postfix saves a connection only after it was handed over: two copies are one that was not closed then.
      if (kind === "mail" && links.has(link)) suspicions.set(`${name} is there twice`, patienceSeconds)
      if (kind === "mail") links.add(link)
    }
    this.#since = keepSince(this.#since, suspicions.keys(), second)
    for (const [suspicion, secondsMax] of suspicions) {
      if (second - (this.#since.get(suspicion) ?? second) > secondsMax) this.#complaints.add(suspicion)
    }
    return { ...counts, lasting }
  }
}
