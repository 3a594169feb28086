/** What hostile clients do to a cache, and what it does then, in words that are alike from run to run. */
import type { SystemCalls } from "@scached/fdpass"
import { AttributeList, CacheExchange } from "@scached/interop"
import type { RudeSender } from "./RudeSender.ts"
import { type Offered, offer, Visitor } from "./Visitor.ts"

/** A cache under attack. */
export interface Victim {
  readonly calls: SystemCalls["Service"]
  readonly socketPath: string
  readonly pid: number
  readonly rude: RudeSender
  /** Compiles one of the C programs here and starts it; it is killed at the end of the case. */
  readonly launch: (name: string, ...words: ReadonlyArray<string>) => void
  /** Compiles one of them and runs it to its end; what it has printed. */
  readonly runToEnd: (name: string, ...words: ReadonlyArray<string>) => string
}

/** An attack: what is done, and what scached must do. */
export interface HostileCase {
  readonly name: string
  /** The words that `run` must give for scached; scache(8)'s are only observed. */
  readonly scached: string
  /** What the attack needs of the machine, besides what all do. */
  readonly needs?: "cc" | "root"
  readonly run: (victim: Victim) => string
}

/** A time to live that does not end within a case. */
export const ttlSeconds = 100

/** A client that is not answered within that time waits: long, since an answer is late on a loaded machine, and only a bad cache costs it. */
export const answerMillisMax = 10_000

/** The words for a cache that serves whoever behaves. */
export const othersAnswered = "others are answered"

/** A client that has not read anything yet. */
export const enter = ({ calls, socketPath }: Victim): Visitor => new Visitor(calls, socketPath)

/** A client that has read the greeting. */
export const greeted = (victim: Victim): Visitor => {
  const visitor = enter(victim)
  visitor.conversation.expect(AttributeList.greeting)
  return visitor
}

/** Whether a client that behaves is served. */
export const ask = (visitor: Visitor): string => {
  visitor.throwAt(AttributeList.request.findEndpoint("never saved"))
  if (!visitor.conversation.hearsWithin(answerMillisMax)) return "all others wait"
  visitor.conversation.takeArrived()
  return othersAnswered
}

/** Saves a connection; its far end stays open. */
export const save = (victim: Victim, visitor: Visitor, label: string): Offered => {
  const offered = offer(victim.calls)
  CacheExchange.saveEndpoint(visitor.conversation, { ttlSeconds, label, properties: "p" }, offered)
  return offered
}

/** What a client hears, in words; `endsSoon` tells whether its end, which may come apart from the answer, belongs to it. */
export const heard = (visitor: Visitor, endsSoon: (visitor: Visitor) => boolean = () => false): string => {
  if (!visitor.conversation.hearsWithin(answerMillisMax)) return "no answer"
  const { bytes, descriptors, ended } = visitor.conversation.takeArrived()
  for (const each of descriptors) each.close()
  const status = /status\0(\d)/.exec(bytes.toString("latin1"))?.[1]
  const words = status === undefined ? (bytes.length === 0 ? [] : ["an answer without status"]) : [`status ${status}`]
  return [...words, ...(ended || endsSoon(visitor) ? ["disconnected"] : [])].join(", ")
}

/** Growth of memory, in words. */
export const growth = (kib: number, megabytesMax = 16): string =>
  kib < megabytesMax * 1024 ? `grows by less than ${megabytesMax} MB` : `grows by ${Math.round(kib / 10_240) * 10} MB`
