/**
 * Who has to make room, as one would explain it: whoever holds the most, and of that what expires first; but nobody for others while he
 * holds no more than an equal share. It shares no code with the store.
 */

/** Something that is held: a connection or a binding. */
export interface Held<A> {
  readonly entry: A
  readonly label: string
  readonly deadlineMillis: number
  readonly textBytes: number
  /** Not while it is leased. */
  readonly canGiveWay: boolean
}

/** What somebody wants to save. */
export interface Newcomer {
  readonly label: string
  readonly textBytes: number
}

/** Who may have to go, and whether the newcomer may be told that nobody has to. */
export interface Verdict<A> {
  readonly victims: ReadonlyArray<A>
  readonly mayRefuse: boolean
}

/** A label, and what counts for it, its newcomer included. */
interface Holder<A> {
  readonly isOwn: boolean
  readonly weight: number
  /** What of it expires first: several where they expire together. */
  readonly nearest: ReadonlyArray<A>
}

const one = () => 1
const textOf = ({ textBytes }: { readonly textBytes: number }) => textBytes

const holdersOf = <A>(
  held: ReadonlyArray<Held<A>>,
  newcomer: Newcomer | undefined,
  weigh: (each: { readonly textBytes: number }) => number
): ReadonlyArray<Holder<A>> => {
  const labels = new Set(held.map(({ label }) => label))
  if (newcomer !== undefined) labels.add(newcomer.label)
  return [...labels].map((label) => {
    const own = held.filter((each) => each.label === label)
    const yielding = own.filter(({ canGiveWay }) => canGiveWay)
    const soonest = Math.min(...yielding.map(({ deadlineMillis }) => deadlineMillis))
    const isOwn = newcomer?.label === label
    const before = newcomer !== undefined && isOwn ? weigh(newcomer) : 0
    return {
      isOwn,
      weight: own.reduce((sum, each) => sum + weigh(each), before),
      nearest: yielding.filter(({ deadlineMillis }) => deadlineMillis === soonest).map(({ entry }) => entry)
    }
  })
}

const nearestOf = <A>(holders: ReadonlyArray<Holder<A>>): ReadonlyArray<A> => holders.flatMap(({ nearest }) => nearest)

const mostOf = (holders: ReadonlyArray<Holder<unknown>>): number => Math.max(0, ...holders.map(({ weight }) => weight))

/** For a label that is full: what it holds itself. */
export const victimsOfLabel = <A>(held: ReadonlyArray<Held<A>>, newcomer: Newcomer): Verdict<A> => {
  const victims = nearestOf(holdersOf(held, newcomer, one).filter(({ isOwn }) => isOwn))
  return { victims, mayRefuse: victims.length === 0 }
}

/** For a cache that is full: what those hold that have the most. Of several with equally many it may be anyone's. */
export const victimsByCount = <A>(held: ReadonlyArray<Held<A>>, newcomer: Newcomer, limit: number): Verdict<A> => {
  const holders = holdersOf(held, newcomer, one)
  const yielding = holders.filter(({ nearest }) => nearest.length > 0)
  const most = mostOf(yielding)
  // Where the own label has the most and nothing to give, nobody else pays for that.
  if (most === 0 || mostOf(holders.filter(({ isOwn }) => isOwn)) > most) return { victims: [], mayRefuse: true }
  const top = yielding.filter(({ weight }) => weight === most)
  const isMoreThanAShare = most * holders.length > limit
  return {
    victims: nearestOf(top.filter(({ isOwn }) => isOwn || isMoreThanAShare)),
    mayRefuse: !isMoreThanAShare && top.some(({ isOwn }) => !isOwn)
  }
}

/**
 * For too much text: what those hold that have more than half as much as whoever has the most, of connections or of bindings. A share
 * is given up to only where twice as much is more than an equal one.
 */
export const victimsByText = <A>(
  held: ReadonlyArray<Held<A>>,
  other: ReadonlyArray<Held<A>>,
  newcomer: Newcomer,
  limit: number
): Verdict<A> => {
  const holders = [...holdersOf(held, newcomer, textOf), ...holdersOf(other, undefined, textOf)]
  const yielding = holders.filter(({ nearest }) => nearest.length > 0)
  const most = mostOf(yielding)
  const own = mostOf(holders.filter(({ isOwn }) => isOwn))
  if (most === 0 || own >= 2 * most) return { victims: [], mayRefuse: true }
  const top = yielding.filter(({ weight }) => 2 * weight > most)
  const isSpared = ({ isOwn, weight }: Holder<A>) => !isOwn && 2 * weight * holders.length <= limit
  return { victims: nearestOf(top.filter((each) => !isSpared(each))), mayRefuse: own > most || top.some(isSpared) }
}
