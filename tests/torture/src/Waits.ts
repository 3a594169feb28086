/** How long a well-behaved client waits while something happens to a cache. */
import type { SystemCalls } from "@scached/fdpass"
import { LabFailure, TempDirectory } from "@scached/interop"
import { Effect, type Scope } from "effect"
import * as CompiledProgram from "./CompiledProgram.ts"
import { type Start, victimOf } from "./Hostile.ts"
import type { HostileCase } from "./HostileCase.ts"

/** What the client that only looks for what is not there has seen. */
export interface Wait {
  /** Answers between its first one and the end of the case. */
  readonly answers: number
  readonly longestMillis: number
  /** Whether its last request, made after the case, was answered. */
  readonly end: "answered" | "unanswered" | "disconnected"
}

/** What came of a case. */
export interface Played {
  /** What the cache did, in the words of the case. */
  readonly words: string
  readonly wait: Wait
}

const parse = (text: string): Wait | undefined => {
  const [, answers, micros, end] = /^(\d+) (\d+) (answered|unanswered|disconnected)$/m.exec(text) ?? []
  if (answers === undefined || (end !== "answered" && end !== "unanswered" && end !== "disconnected")) return undefined
  return { answers: Number(answers), longestMillis: Number(micros) / 1000, end }
}

/** Starts the client, and returns when it has been answered once. What comes of it ends it. */
const startClient = Effect.fnUntraced(function* (
  program: string,
  socketPath: string
): Effect.fn.Return<Effect.Effect<Wait, LabFailure.LabFailure>, LabFailure.LabFailure, Scope.Scope> {
  const failed = (found: string) => new LabFailure.LabFailure({ attempt: `${program} ${socketPath}`, found })
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => Bun.spawn([program, socketPath], { stdio: ["pipe", "pipe", "inherit"] })),
    (started) =>
      Effect.promise(() => {
        started.kill("SIGKILL")
        return started.exited
      })
  )
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  const read = Effect.promise(() => reader.read())
  let said = ""
  while (!said.includes("ready\n")) {
    const { done, value } = yield* read
    if (done) return yield* failed(said)
    said += value
  }
  return Effect.gen(function* () {
    yield* Effect.promise(async () => child.stdin.end())
    for (let next = yield* read; !next.done; next = yield* read) said += next.value
    return parse(said) ?? (yield* failed(said))
  })
})

/** Plays a case against a cache that is started for it, beside that client. */
export const play = Effect.fnUntraced(function* <R>(
  { run }: HostileCase,
  start: Start<R>
): Effect.fn.Return<Played, unknown, Exclude<R, Scope.Scope> | SystemCalls> {
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const started = yield* start
      const victim = yield* victimOf(started)
      const program = CompiledProgram.compile("waiting", yield* TempDirectory.make)
      const finish = yield* startClient(program, started.socketPath)
      const words = run(victim)
      return { words, wait: yield* finish }
    })
  )
})

/** The longest wait of some rounds, in words. */
export const longestOf = (rounds: ReadonlyArray<Played>): string => {
  const millis = Math.max(...rounds.map(({ wait }) => wait.longestMillis))
  const isOver = rounds.every(({ wait }) => wait.end === "answered")
  if (!isOver && rounds.some(({ wait }) => wait.end === "disconnected")) return "is disconnected"
  const shown = millis >= 1_000 ? `${(millis / 1_000).toFixed(1)} s` : `${millis.toFixed(millis < 10 ? 1 : 0)} ms`
  return isOver ? shown : `more than ${shown}`
}
