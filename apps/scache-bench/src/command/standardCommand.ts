import { KernelSystemCalls } from "@scached/fdpass"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { describeHeadline, headlineNames, headlineOf, renderMarkdown, replaceBlock } from "../report/index.ts"
import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import type { TargetSpec } from "../target/TargetSpec.ts"
import { FileFailure } from "./ExitStatus.ts"
import { executeRun } from "./executeRun.ts"
import { descriptorsMax } from "./machine.ts"
import { checkWritable, makeLiveLine, readFile, requirePassed, standardOutput, writeFile } from "./outputs.ts"
import { presentInterrupted } from "./presentRun.ts"
import { presentStandard } from "./presentStandard.ts"
import { defaultPatienceSeconds, postfixName, type RunFlags, settingsOf } from "./RunSettings.ts"
import { findTargets, say } from "./standardTargets.ts"

/** The comparisons, each with the targets in turn. */
const scenarios = [
  { clients: 1, cached: 0, isApart: false },
  { clients: 16, cached: 0, isApart: false },
  { clients: 64, cached: 0, isApart: false },
  { clients: 16, cached: 10_000, isApart: true },
  { clients: 16, cached: 10_000, isApart: false }
] as const

/** What the clients' own code takes to be compiled under full load. What is measured meanwhile would be the compiler. */
const rehearsalSeconds = 4

const floorName = headlineNames.floor
/** Behind the name of a target that has nothing cached beforehand, to compare with itself. */
const emptySuffix = "-empty"

/** What a reader of the page has to know of the targets. */
const aboutTargets = [
  `${postfixName} is Postfix's own. The ${floorName} is a C program that moves the same bytes and descriptors over one epoll set and keeps no more than a queue of them: what a cache needs above it is the cache's own work. Of its answers only the form is checked; of the others every answer and every descriptor.`,
  "How it is measured, and what is checked, stands in apps/scache-bench/README.md."
]

/** Which targets a comparison has: where much is cached, those that are measured against themselves with nothing cached besides. */
const targetsOf = (scenario: (typeof scenarios)[number], targets: ReadonlyArray<TargetSpec>) => {
  const emptyOf = (spec: TargetSpec): TargetSpec => ({ ...spec, name: `${spec.name}${emptySuffix}` })
  // The floor gives out the oldest of all: what it keeps cannot be apart.
  const named = targets.filter(({ name }) => name !== floorName || !scenario.isApart)
  const again = scenario.cached === 0 ? [] : named.filter(({ name }) => name !== postfixName).map(emptyOf)
  return {
    targets: [...named, ...again],
    unchecked: new Set([floorName, `${floorName}${emptySuffix}`]),
    empty: new Set(again.map(({ name }) => name))
  }
}

const flagsOf = (
  scenario: (typeof scenarios)[number],
  seconds: number,
  rounds: number,
  pin: string | undefined
): RunFlags => ({
  targets: ["placeholder=/tmp/placeholder"],
  postfix: false,
  unchecked: [],
  empty: [],
  clients: scenario.clients,
  cached: scenario.cached,
  cachedApart: scenario.isApart,
  durationSeconds: seconds,
  operations: undefined,
  warmUpSeconds: 2,
  patienceSeconds: defaultPatienceSeconds,
  rounds,
  rate: undefined,
  mix: "cycle",
  endpoints: 1024,
  destinations: 1024,
  popularity: "uniform",
  properties: "64",
  connections: undefined,
  // Longer than a round. What the rounds before have left behind, bindings above all, must be gone: scache goes over a list of all of them.
  ttlSeconds: 20,
  seed: 1,
  dummyApart: false,
  ioUring: "auto",
  pin,
  require: []
})

/** `scache-bench standard`. */
export const standardCommand = Command.make(
  "standard",
  {
    write: Flag.String("write").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("put the result between the bench markers of this document"),
      Flag.optional
    ),
    json: Flag.String("json").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "write all results, for scache-bench report and for programs; - is standard output, and the tables then go to standard error"
      ),
      Flag.optional
    ),
    html: Flag.String("html").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("write a page with charts that can be kept: it names no path of this machine"),
      Flag.optional
    ),
    seconds: Flag.Finite("seconds").pipe(
      Flag.withMetavar("SECONDS"),
      Flag.withDescription("how long each round measures; default 3"),
      Flag.withDefault(3)
    ),
    rounds: Flag.Finite("rounds").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("rounds of each comparison; default 3"),
      Flag.withDefault(3)
    ),
    quiet: Flag.Boolean("quiet").pipe(
      Flag.withDescription("no progress on standard error"),
      Flag.withDefault(false),
      Flag.withoutNegation
    )
  },
  Effect.fn("standard")(
    function* ({ write, json, html, seconds, rounds, quiet }) {
      const pin = navigator.hardwareConcurrency > 1 ? "0/1" : undefined
      // All that can be wrong with what was asked for is found out before anything is built or measured.
      const planned = yield* Effect.forEach(scenarios, (scenario) =>
        Effect.map(
          Effect.fromResult(settingsOf(flagsOf(scenario, seconds, rounds, pin), descriptorsMax())),
          (settings) => ({ scenario, settings })
        )
      )
      if (Option.isSome(write)) yield* Effect.andThen(documentWith(write.value, ""), checkWritable(write.value))
      for (const path of [json, html])
        if (Option.isSome(path) && path.value !== standardOutput) yield* checkWritable(path.value)
      const targets = yield* findTargets
      const live = makeLiveLine(quiet)
      const clear = Effect.sync(() => live?.clear())
      const results: Array<BenchmarkResult> = []
      const present = () => presentStandard(results, scenarios.length, { json, html, about: aboutTargets })
      const onInterrupted = (partial: BenchmarkResult | undefined) => {
        if (partial !== undefined) results.push(partial)
        return Effect.andThen(clear, presentInterrupted(results[0], present))
      }
      const command = ["scache-bench", "standard", "--seconds", String(seconds), "--rounds", String(rounds)]
      const [first] = planned
      const [scached] = targets
      if (first !== undefined && scached !== undefined) {
        const rehearsal = { ...first.settings, targets: [scached], rounds: 1, roundSeconds: rehearsalSeconds }
        const workload = { ...first.settings.workload, clients: 64 }
        yield* executeRun(
          command,
          { ...rehearsal, workload },
          {
            onProgress: (_, progress) => live?.show("rehearsal", progress),
            onInterrupted: () => onInterrupted(undefined)
          }
        ).pipe(Effect.scoped)
      }
      for (const { scenario, settings } of planned) {
        const clients = scenario.clients === 1 ? "1 client" : `${scenario.clients} clients`
        const name = `${clients}, ${scenario.cached} cached`
        const result = yield* executeRun(
          command,
          { ...settings, ...targetsOf(scenario, targets) },
          {
            onProgress: (head, progress) => live?.show(`${name} ${head}`, progress),
            onInterrupted
          }
        ).pipe(Effect.ensuring(clear), Effect.scoped)
        results.push(result)
        // The tables come at the end, below the first line, which is of all of them.
        if (!quiet) yield* say(`${name}: ${describeHeadline(headlineOf([result]))}`)
      }
      yield* present()
      if (Option.isSome(write)) {
        yield* writeFile(write.value, yield* documentWith(write.value, renderMarkdown(results)))
      }
      yield* requirePassed(results, [])
    },
    Effect.scoped,
    Effect.provide(KernelSystemCalls.layer)
  )
).pipe(
  Command.withDescription(
    "The standard comparison, some five minutes: scached, Postfix's scache if it is installed, and the floor if there is a C compiler; 1, 16 and 64 clients, then 10,000 cached connections beside those that are asked for, and among them. The first line gives scached's throughput as a multiple of the others'."
  ),
  Command.withShortDescription("The standard comparison with Postfix's scache"),
  Command.withExamples([
    {
      command: "scache-bench standard --write docs/performance.md --html docs/benchmark.html",
      description: "put the result into the document, and the charts on a page beside it"
    }
  ])
)

/** The document with a block between its markers, as it is on the disc now: a run takes minutes, and others write too. */
const documentWith = Effect.fnUntraced(function* (path: string, block: string) {
  return yield* Effect.mapError(
    Effect.fromResult(replaceBlock(yield* readFile(path), block)),
    (error) => new FileFailure({ message: `${path}: ${error.message}` })
  )
})
