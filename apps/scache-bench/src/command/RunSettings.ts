import type { Batching } from "@scached/fdpass"
import { Result } from "effect"
import { parseTargetSpec, type TargetSpec } from "../target/TargetSpec.ts"
import { checkTargets } from "../threshold/judge.ts"
import { parseThreshold } from "../threshold/parseThreshold.ts"
import type { Threshold } from "../threshold/Threshold.ts"
import { kindNames } from "../workload/RequestKind.ts"
import { findFault, type Mix, type Popularity, type Workload } from "../workload/Workload.ts"
import { UsageError } from "./UsageError.ts"

/** Processors of both sides, as taskset writes them; null: wherever the kernel puts them. */
export interface Pinning {
  readonly server: string | null
  readonly client: string | null
}

/** Everything that a run does. */
export interface RunSettings {
  readonly targets: ReadonlyArray<TargetSpec>
  /** Names of targets whose answers are not held to those of a cache. */
  readonly unchecked: ReadonlySet<string>
  /** Names of targets for which nothing is cached beforehand. */
  readonly empty: ReadonlySet<string>
  readonly workload: Workload
  readonly rounds: number
  readonly warmUpSeconds: number
  readonly patienceSeconds: number
  readonly roundSeconds: number | undefined
  readonly roundOperations: number | undefined
  readonly ratePerSecond: number | undefined
  readonly isDummyApart: boolean
  readonly batching: Batching
  readonly pinning: Pinning
  readonly thresholds: ReadonlyArray<Threshold>
}

/** The options of `run` as they were written. */
export interface RunFlags {
  readonly targets: ReadonlyArray<string>
  readonly postfix: boolean
  readonly unchecked: ReadonlyArray<string>
  readonly empty: ReadonlyArray<string>
  readonly clients: number
  readonly durationSeconds: number | undefined
  readonly operations: number | undefined
  readonly warmUpSeconds: number
  readonly patienceSeconds: number
  readonly rounds: number
  readonly rate: number | undefined
  readonly mix: string
  readonly endpoints: number
  readonly destinations: number
  readonly popularity: string
  readonly properties: string
  readonly cached: number
  readonly cachedApart: boolean
  readonly connections: number | undefined
  readonly ttlSeconds: number
  readonly seed: number
  readonly dummyApart: boolean
  readonly ioUring: Batching
  readonly pin: string | undefined
  readonly require: ReadonlyArray<string>
}

const defaultRoundSeconds = 10
/** Twice what smtp(8) waits (connection_cache_protocol_timeout). */
export const defaultPatienceSeconds = 10
/** Name of the target that `--postfix` adds. */
export const postfixName = "scache"

const fail = (message: string) => Result.fail(new UsageError({ message }))

/** Reads `cycle`, or weights such as `save_endp=2,find_endp=1`; a request that is not named is not made. */
export const parseMix = (text: string): Result.Result<Mix, UsageError> => {
  if (text === "cycle") return Result.succeed({ _tag: "Cycle" })
  const names: ReadonlyArray<string> = kindNames
  const weights = names.map(() => 0)
  const named = new Set<number>()
  for (const part of text.split(",")) {
    const [, name = "", number = ""] = /^([a-z_]+)=(\d+(?:\.\d+)?)$/.exec(part.trim()) ?? []
    const kind = names.indexOf(name)
    if (kind < 0)
      return fail(
        `--mix ${text}: "${part}" is not a request and its weight: write cycle, or ${kindNames.join("=1,")}=1`
      )
    if (named.has(kind)) return fail(`--mix ${text}: ${name} is there twice: give it one weight`)
    named.add(kind)
    weights[kind] = Number(number)
  }
  return Result.succeed({ _tag: "Weights", weights })
}

/** Reads `uniform`, `zipf` and `zipf:EXPONENT`. */
export const parsePopularity = (text: string): Result.Result<Popularity, UsageError> => {
  if (text === "uniform") return Result.succeed({ _tag: "Uniform" })
  const [matched, number = "1"] = /^zipf(?::(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  if (matched === undefined)
    return fail(`--popularity ${text}: write uniform, zipf or zipf:EXPONENT, for instance zipf:1.1`)
  return Result.succeed({ _tag: "Zipf", exponent: Number(number) })
}

/** Reads `BYTES` and `LEAST-MOST`. */
export const parseSizes = (text: string): Result.Result<readonly [least: number, most: number], UsageError> => {
  const [, least, most] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (least === undefined) return fail(`--properties ${text}: write a size in bytes, or two as in 32-6000`)
  if (Number(most ?? least) < Number(least)) return fail(`--properties ${text}: write the smaller size first`)
  return Result.succeed([Number(least), Number(most ?? least)])
}

/** Reads `SERVER/CLIENT`, each a list of processors as taskset writes it. */
export const parsePinning = (text: string | undefined): Result.Result<Pinning, UsageError> => {
  if (text === undefined) return Result.succeed({ server: null, client: null })
  const [, server, client] = /^(\d[\d,-]*)\/(\d[\d,-]*)$/.exec(text) ?? []
  if (server === undefined || client === undefined) {
    return fail(`--pin ${text}: write the server's processors and the client's, as in 0/1 or 0,2-3/1`)
  }
  return Result.succeed({ server, client })
}

const parseTargets = (flags: RunFlags) =>
  Result.gen(function* () {
    const targets: Array<TargetSpec> = []
    for (const text of flags.targets) targets.push(yield* parseTargetSpec(text))
    if (flags.postfix) targets.push({ _tag: "Postfix", name: postfixName })
    const names = targets.map(({ name }) => name)
    if (names.length === 0)
      return yield* fail("nothing to load: write --target NAME=SOCKET, --target NAME=spawn:PROGRAM, or --postfix")
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) return yield* fail(`two targets are called ${twice}: give each another name`)
    for (const option of ["unchecked", "empty"] as const) {
      const stranger = flags[option].find((name) => !names.includes(name))
      if (stranger !== undefined)
        return yield* fail(`--${option} ${stranger}: there is no such target; there are ${names.join(", ")}`)
    }
    return targets
  })

const checkNumbers = (flags: RunFlags): string | undefined => {
  if (flags.durationSeconds !== undefined && flags.operations !== undefined) {
    return "--duration and --operations: a round is limited by one of them"
  }
  if (flags.cached === 0 && flags.cachedApart) return "--cached-apart: nothing is cached beforehand, see --cached"
  if (flags.cached === 0 && flags.empty.length > 0)
    return `--empty ${flags.empty[0]}: nothing is cached beforehand for any target, see --cached`
  const positive: ReadonlyArray<readonly [string, number | undefined]> = [
    ["--duration", flags.durationSeconds],
    ["--operations", flags.operations],
    ["--rate", flags.rate],
    ["--patience", flags.patienceSeconds]
  ]
  const wrong = positive.find(([, value]) => value !== undefined && !(value > 0 && Number.isFinite(value)))
  if (wrong !== undefined) return `${wrong[0]} ${wrong[1]}: expected a number above 0`
  if (!(flags.warmUpSeconds >= 0)) return `--warm-up ${flags.warmUpSeconds}: expected seconds, from 0`
  return Number.isInteger(flags.rounds) && flags.rounds >= 1 && flags.rounds <= 1_000
    ? undefined
    : `--rounds ${flags.rounds}: expected a whole number from 1 to 1000`
}

/** Makes settings of options; fails with the first thing that is wrong. `descriptorsMax` is the limit of this process. */
export const settingsOf = (flags: RunFlags, descriptorsMax: number) =>
  Result.gen(function* () {
    const targets = yield* parseTargets(flags)
    const wrong = checkNumbers(flags)
    if (wrong !== undefined) return yield* fail(wrong)
    const [propertyBytesMin, propertyBytesMax] = yield* parseSizes(flags.properties)
    const workload: Workload = {
      clients: flags.clients,
      mix: yield* parseMix(flags.mix),
      endpoints: flags.endpoints,
      destinations: flags.destinations,
      popularity: yield* parsePopularity(flags.popularity),
      propertyBytesMin,
      propertyBytesMax,
      ttlSeconds: flags.ttlSeconds,
      cached: flags.cached,
      cachedApart: flags.cachedApart,
      connections: flags.connections ?? flags.cached + Math.max(256, 4 * flags.clients),
      seed: flags.seed
    }
    const fault = findFault(workload, descriptorsMax)
    if (fault !== undefined) return yield* Result.fail(fault)
    const thresholds: Array<Threshold> = []
    const names = targets.map(({ name }) => name)
    for (const text of flags.require) thresholds.push(yield* checkTargets(yield* parseThreshold(text), names))
    const settings: RunSettings = {
      targets,
      unchecked: new Set(flags.unchecked),
      empty: new Set(flags.empty),
      workload,
      rounds: flags.rounds,
      warmUpSeconds: flags.warmUpSeconds,
      patienceSeconds: flags.patienceSeconds,
      roundSeconds: flags.operations === undefined ? (flags.durationSeconds ?? defaultRoundSeconds) : undefined,
      roundOperations: flags.operations,
      ratePerSecond: flags.rate,
      isDummyApart: flags.dummyApart,
      batching: flags.ioUring,
      pinning: yield* parsePinning(flags.pin),
      thresholds
    }
    return settings
  })
