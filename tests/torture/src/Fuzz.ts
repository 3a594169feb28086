/** All fuzzers, one after the other, each with its share of the time. */
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import { fuzzBytes } from "./ByteFuzz.ts"
import type { CheckOptions, CheckResult } from "./Check.ts"
import { fuzzClient, fuzzServer } from "./CodecFuzz.ts"
import { type Arena, fuzzConversations } from "./ConversationFuzz.ts"
import * as Daemon from "./Daemon.ts"
import { Polite } from "./Polite.ts"
import * as RudeSender from "./RudeSender.ts"
import { systemCalls } from "./Visitor.ts"

/** Their names, for `--only`. */
export const fuzzers = ["server-session", "client-session", "conversations", "bytes"] as const

/** One of the names. */
export type Fuzzer = (typeof fuzzers)[number]

/** What the fuzzers are told. */
export interface FuzzOptions {
  readonly program?: string | undefined
  readonly only: ReadonlyArray<Fuzzer>
  /** The options of each. */
  readonly check: (fuzzer: Fuzzer) => CheckOptions
}

/** What came of it. */
export interface FuzzReport {
  readonly results: ReadonlyArray<CheckResult>
  readonly descriptorsPassed: number
  /** Exchanges that the well-behaved client had meanwhile, all answered rightly unless a result says otherwise. */
  readonly politeAnswers: number
  /** How much the daemon's memory grew, in KiB. */
  readonly grownKib: number
}

/** Longer than any round, so that nothing expires under the well-behaved client; short enough to keep little. */
const parameters = { connection_cache_ttl_limit: "20s" }

/** Runs the fuzzers that are named, those that need it against a daemon of their own. */
export const run = Effect.fnUntraced(function* (
  options: FuzzOptions
): Effect.fn.Return<FuzzReport, unknown, SystemCalls | Scope.Scope> {
  const calls = yield* systemCalls
  const daemon = yield* Daemon.start({ program: options.program, parameters })
  const rude = yield* RudeSender.make
  const polite = new Polite(calls, daemon.socketPath, "polite")
  const arena: Arena = { calls, daemon, polite, rude, passed: 0 }
  const runners: Readonly<Record<Fuzzer, (check: CheckOptions) => CheckResult>> = {
    "server-session": fuzzServer,
    "client-session": fuzzClient,
    conversations: (check) => fuzzConversations(arena, check),
    bytes: (check) => fuzzBytes(arena, check)
  }
  polite.cycle()
  const before = Daemon.residentKib(daemon.pid)
  const results = options.only.map((name) => runners[name](options.check(name)))
  const grownKib = Daemon.residentKib(daemon.pid) - before
  if (Daemon.openDescriptors(daemon.pid) === 0) {
    results.push({ name: "daemon", cases: 0, failure: `it is gone: ${daemon.output().slice(-2_000)}` })
  }
  arena.polite.leave()
  return { results, descriptorsPassed: arena.passed, politeAnswers: arena.polite.answered, grownKib }
})
