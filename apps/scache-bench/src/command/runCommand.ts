import { KernelSystemCalls } from "@scached/fdpass"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { BenchmarkResult } from "../result/BenchmarkResult.ts"
import { executeRun } from "./executeRun.ts"
import { commandLine, descriptorsMax } from "./machine.ts"
import { checkWritable, makeLiveLine, requirePassed, standardOutput } from "./outputs.ts"
import { presentInterrupted, presentRun } from "./presentRun.ts"
import { defaultPatienceSeconds, type RunFlags, settingsOf } from "./RunSettings.ts"

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

const number = (name: string, metavar: string, description: string) =>
  Flag.Finite(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false), Flag.withoutNegation)

const repeated = (name: string, metavar: string, description: string) =>
  text(name, metavar, `${description} (repeatable)`).pipe(Flag.atLeast(0))

const flags = {
  target: repeated(
    "target",
    "NAME=SOCKET",
    "a cache to load: NAME=SOCKET for one that runs, NAME=spawn:PROGRAM ARGUMENTS to start one; {socket} stands for the path that it must serve"
  ),
  postfix: flag("postfix", "load Postfix's scache(8) too, started as master(8) starts it; needs root"),
  unchecked: repeated(
    "unchecked",
    "NAME",
    "check only the form of this target's replies: it moves bytes, and is no cache"
  ),
  empty: repeated("empty", "NAME", "cache nothing first for this target: its ratio shows what --cached costs"),
  clients: number("clients", "N", "connections to each cache, one request at a time on each; default 16").pipe(
    Flag.withDefault(16)
  ),
  durationSeconds: number("duration", "SECONDS", "how long each round measures; default 10").pipe(Flag.optional),
  operations: number("operations", "N", "end a round after N operations instead").pipe(Flag.optional),
  warmUpSeconds: number("warm-up", "SECONDS", "load without measuring before each round; default 2").pipe(
    Flag.withDefault(2)
  ),
  patienceSeconds: number(
    "patience",
    "SECONDS",
    `an operation that takes longer counts as stuck; default ${defaultPatienceSeconds}`
  ).pipe(Flag.withDefault(defaultPatienceSeconds)),
  rounds: number("rounds", "N", "rounds; the targets take turns (A B A B); default 3").pipe(Flag.withDefault(3)),
  rate: number("rate", "N", "open loop: N operations a second in all; latency counts from when each was due").pipe(
    Flag.optional
  ),
  mix: text(
    "mix",
    "MIX",
    "cycle (save_endp, save_dest, find_dest), or weights: save_endp=1,find_endp=1,save_dest=1,find_dest=1"
  ).pipe(Flag.withDefault("cycle")),
  endpoints: number("endpoints", "N", "endpoint labels, shared by all clients; default 1024").pipe(
    Flag.withDefault(1024)
  ),
  destinations: number("destinations", "N", "destination labels; default 1024").pipe(Flag.withDefault(1024)),
  popularity: text("popularity", "KIND", "how labels are drawn: uniform, or zipf:EXPONENT").pipe(
    Flag.withDefault("uniform")
  ),
  properties: text("properties", "BYTES", "size of an endpoint's properties, or LEAST-MOST; default 64").pipe(
    Flag.withDefault("64")
  ),
  cached: number("cached", "N", "connections that are cached first; default 0").pipe(Flag.withDefault(0)),
  cachedApart: flag("cached-apart", "cache them under labels that no client asks for"),
  connections: number(
    "connections",
    "N",
    "connections in all; default --cached plus 256, or plus 4 a client if that is more"
  ).pipe(Flag.optional),
  ttlSeconds: number("ttl", "SECONDS", "ttl of every save, at most the server's own limit; default 600").pipe(
    Flag.withDefault(600)
  ),
  seed: number("seed", "N", "the same seed makes the same requests; default 1").pipe(Flag.withDefault(1)),
  dummyApart: flag(
    "dummy-apart",
    "send the dummy that ends a find alone, as smtp(8) does, and not with the next request"
  ),
  ioUring: Flag.Literals("io-uring", ["auto", "always", "never"]).pipe(
    Flag.withMetavar("WHEN"),
    Flag.withDescription(
      "batch the clients' system calls: auto (default) where a system call is slow, always, or never"
    ),
    Flag.withDefault("auto")
  ),
  pin: text("pin", "SERVER/CLIENT", "processors for both sides, as in 0/1 (with taskset)").pipe(Flag.optional),
  json: text(
    "json",
    "FILE",
    "write the result, for scache-bench report and for programs (see scache-bench schema); - is standard output, and the table then goes to standard error"
  ).pipe(Flag.optional),
  html: text("html", "FILE", "write a page with charts").pipe(Flag.optional),
  require: repeated(
    "require",
    "THRESHOLD",
    "exit with 1 unless this holds, as in 'p99(scached)<2ms' or 'ratio(scached,scache)>12'"
  ),
  quiet: flag("quiet", "no progress on standard error")
}

/** `scache-bench run`. */
export const runCommand = Command.make(
  "run",
  flags,
  Effect.fn("run")(function* (options) {
    const written: RunFlags = {
      ...options,
      targets: options.target,
      durationSeconds: Option.getOrUndefined(options.durationSeconds),
      operations: Option.getOrUndefined(options.operations),
      rate: Option.getOrUndefined(options.rate),
      connections: Option.getOrUndefined(options.connections),
      pin: Option.getOrUndefined(options.pin)
    }
    const settings = yield* Effect.fromResult(settingsOf(written, descriptorsMax()))
    for (const path of [options.json, options.html])
      if (Option.isSome(path) && path.value !== standardOutput) yield* checkWritable(path.value)
    const live = makeLiveLine(options.quiet)
    const clear = Effect.sync(() => live?.clear())
    const present = (result: BenchmarkResult) => presentRun(result, settings.thresholds, options)
    const result = yield* executeRun(commandLine(), settings, {
      onProgress: (head, progress) => live?.show(head, progress),
      onInterrupted: (partial) => Effect.andThen(clear, presentInterrupted(partial, present))
    }).pipe(Effect.ensuring(clear), Effect.scoped, Effect.provide(KernelSystemCalls.layer))
    yield* requirePassed([result], yield* present(result))
  })
).pipe(
  Command.withDescription(
    "Load caches, check every answer, and print the figures. Ctrl-C shows the finished rounds. Exit codes: 0 all well, 1 a wrong answer, no answer or a missed threshold, 2 usage, 3 a target could not be started or reached, 4 anything else, 130 interrupted."
  ),
  Command.withShortDescription("Load caches, check every answer, print the figures"),
  Command.withExamples([
    {
      command: "scache-bench run --target 'scached=spawn:dist/scached serve --socket {socket}' --postfix --ttl 2",
      description: "scached and Postfix's scache side by side"
    },
    {
      command: "scache-bench run --target mine=/run/cache.sock --ttl 2 --rate 5000 --clients 64 --html report.html",
      description: "a cache that runs already, at 5,000 operations a second"
    },
    {
      command: "scache-bench run --postfix --cached 10000 --popularity zipf:1.1 --require 'throughput>2k'",
      description: "a full cache, some labels more popular, and a threshold for a build"
    }
  ])
)
