/**
 * Scripts with their expected outcome, one step a line:
 *
 *     at 1999 find_endp a -> c1 p1        at this millisecond, this request, this outcome
 *     store bindingsPerDestinationMax 2   a limit, before the first step
 *
 * Requests: `save_endp LABEL PROPERTIES =NAME ttl Ns`, `find_endp LABEL`, `peek LABEL`, `save_dest LABEL PROPERTIES ENDPOINT ttl Ns`,
 * `find_dest LABEL`, `commit NAME`, `put_back NAME`, `remove NAME`, `expire [max N]`, `drain`, `next_deadline`, `sizes`, `text_bytes`,
 * `limit NAME N`, `shrink [max N]`, `exceeded`, `late NAME`. The outcome of a save is what it evicts, and whether it is refused; there is
 * none when it is neither. A connection has the name that it was saved with; a lease that of its connection, or the one after `as` in the
 * outcome. No arrow: no outcome. Empty lines and those that begin with # are passed over.
 */
import {
  type Bound,
  type CachedConnection,
  ConnectionStore,
  defaultLimits,
  type Evicted,
  type Lease,
  type Refused,
  type Saved,
  StoreDefect
} from "@scached/store"

export interface TranscriptLine {
  readonly expected: string
  readonly actual: string
}

const namesOf = (connections: ReadonlyArray<CachedConnection<string>>): string =>
  connections.length === 0 ? "none" : connections.map(({ value }) => value).join(" ")

const evictedOf = (evicted: ReadonlyArray<Evicted<string>>): string | undefined =>
  evicted.length === 0
    ? undefined
    : evicted
        .map((each) =>
          each._tag === "EvictedConnection"
            ? `evicts ${each.connection.value} for ${each.cause}`
            : `evicts ${each.destinationLabel}:${each.endpointLabel} for ${each.cause}`
        )
        .join(" ")

const outcomeOf = (outcome: Saved<string> | Bound<string> | Refused<string>): string | undefined => {
  const evicted = evictedOf(outcome.evicted)
  if (outcome._tag !== "Refused") return evicted
  const refused = `refused for ${outcome.limit} ${outcome.reason}`
  return evicted === undefined ? refused : `${evicted} ${refused}`
}

/** A part of the limits, from words of a script. */
const limitOf = (name: string, size: string): Partial<typeof defaultLimits> => {
  if (!Object.hasOwn(defaultLimits, name)) throw new Error(`A transcript sets no limit '${name}'`)
  return { [name]: size === "unlimited" ? size : Number(size) }
}

class Transcript {
  readonly #store: ConnectionStore<string>
  readonly #handles = new Map<string, CachedConnection<string>>()
  readonly #leases = new Map<string, Lease<string>>()

  constructor(limits: Partial<typeof defaultLimits>) {
    this.#store = new ConnectionStore<string>(limits)
  }

  /** The line with the outcome that the store gives. */
  play(line: string): string {
    const [request = "", outcome = ""] = line.split(" -> ")
    const [, at = "", verb = "", ...words] = request.trim().split(/\s+/)
    const [suffix = "", alias] = / as (\S+)$/.exec(outcome) ?? []
    const actual = this.#outcome(Number(at), verb, words, alias)
    return actual === undefined ? request : `${request} -> ${actual}${suffix}`
  }

  #outcome(nowMillis: number, verb: string, words: ReadonlyArray<string>, alias: string | undefined) {
    try {
      return this.#act(nowMillis, verb, words, alias)
    } catch (error) {
      if (error instanceof StoreDefect) return error.reason
      throw error
    }
  }

  #act(now: number, verb: string, words: ReadonlyArray<string>, alias: string | undefined): string | undefined {
    const store = this.#store
    const [first = "", second = "", third = ""] = words
    const ttlMillis = Number(words.at(-1)?.slice(0, -1)) * 1000
    switch (verb) {
      case "save_endp": {
        const name = third.slice(1)
        const saved = store.saveEndpoint(first, second, name, ttlMillis, now)
        if (saved._tag === "Saved") this.#handles.set(name, saved.connection)
        return outcomeOf(saved)
      }
      case "save_dest":
        return outcomeOf(store.saveDestination(first, second, third, ttlMillis, now))
      case "find_endp":
        return this.#leased(store.findEndpoint(first, now), alias)
      case "find_dest": {
        const found = store.findDestination(first, now)
        const leased = this.#leased(found?.lease, alias)
        return found === undefined ? leased : `${leased} via ${found.destinationProperties}`
      }
      case "peek":
        return store.peekEndpoint(first, now)?.value ?? "none"
      case "commit":
        this.#lease(first).commit()
        return undefined
      case "put_back":
        return this.#lease(first).putBack(now) ? "kept" : "late"
      case "remove":
        return store.remove(this.#handle(first)) ? "removed" : "absent"
      case "expire":
        return namesOf(second === "" ? store.expire(now) : store.expire(now, Number(second)))
      case "drain":
        return namesOf(store.drain())
      case "next_deadline":
        return String(store.nextDeadlineMillis ?? "none")
      case "limit":
        store.changeLimits(limitOf(first, second))
        return undefined
      case "shrink":
        return evictedOf(second === "" ? store.shrink(now) : store.shrink(now, Number(second))) ?? "evicts none"
      case "exceeded":
        return String(store.isExceeded)
      case "late":
        return String(this.#lease(first).isLate(now))
      case "sizes":
        return Object.entries(store.sizes)
          .filter(([name]) => name !== "textBytes")
          .flat()
          .join(" ")
      case "text_bytes":
        return String(store.sizes.textBytes)
      default:
        throw new Error(`A transcript has no request '${verb}'`)
    }
  }

  #leased(lease: Lease<string> | undefined, alias: string | undefined): string {
    if (lease === undefined) return "none"
    this.#leases.set(alias ?? lease.value, lease)
    return `${lease.value} ${lease.properties}`
  }

  #lease(name: string): Lease<string> {
    const lease = this.#leases.get(name)
    if (lease === undefined) throw new Error(`A transcript settles a lease '${name}' that it has not found`)
    return lease
  }

  #handle(name: string): CachedConnection<string> {
    const handle = this.#handles.get(name)
    if (handle === undefined) throw new Error(`A transcript names a connection '${name}' that it has not saved`)
    return handle
  }
}

const withoutPadding = (line: string): string => line.trim().replace(/\s+/g, " ")

/** Plays a transcript: each line as it stands there, and as the store answers. */
export const playTranscript = (text: string): ReadonlyArray<TranscriptLine> => {
  const lines = text.split("\n").map(withoutPadding)
  const stray = lines.find((line) => !/^(at \d+ |store \w+ (\d+|unlimited)$|#|$)/.test(line))
  if (stray !== undefined) throw new Error(`A transcript has no line such as '${stray}'`)
  const settings = lines.filter((line) => line.startsWith("store ")).map((line) => line.split(" "))
  const limits: Partial<typeof defaultLimits> = Object.assign(
    {},
    ...settings.map(([, name = "", size = ""]) => limitOf(name, size))
  )
  const transcript = new Transcript(limits)
  return lines
    .filter((line) => line.startsWith("at "))
    .map((expected) => ({ expected, actual: transcript.play(expected) }))
}
