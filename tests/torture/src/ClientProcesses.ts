/** Clients that are processes of their own and are killed with SIGKILL, wherever they are: a small C program makes hundreds a second. */
import type { SystemCalls } from "@scached/fdpass"
import { type LabFailure, LabProcess, TempDirectory } from "@scached/interop"
import { Effect, type Scope } from "effect"
import * as CompiledProgram from "./CompiledProgram.ts"

/** Where a client was when it was killed: the words of the program, and those of the report. */
const stages = {
  request: "client process killed inside a request",
  saving: "client process killed in the middle of saving",
  found: "client process killed between its find and the descriptor",
  unread: "client process killed with a descriptor unread",
  elsewhere: "client process killed at another moment"
} as const

/** One of the report's. */
export type KilledStage = (typeof stages)[keyof typeof stages]

/** All of them, for the report. */
export const killedStages: ReadonlyArray<KilledStage> = Object.values(stages)

/** Counts the killed in what the program has written. */
export const countKilled = (output: string): ReadonlyMap<KilledStage, number> => {
  const counts = new Map<KilledStage, number>()
  for (const [word, stage] of Object.entries(stages)) {
    const count = output.split("\n").filter((line) => line === word).length
    if (count > 0) counts.set(stage, count)
  }
  return counts
}

/** Has clients of the cache come and be killed until the scope closes; how many were, and where. */
export const start = Effect.fnUntraced(function* (
  socketPath: string,
  seed: number
): Effect.fn.Return<() => ReadonlyMap<KilledStage, number>, LabFailure.LabFailure, SystemCalls | Scope.Scope> {
  const directory = yield* TempDirectory.make
  const program = yield* Effect.sync(() => CompiledProgram.compile("killedClients", directory))
  const running = yield* LabProcess.start([program, socketPath, String(seed)])
  return () => countKilled(running.output())
})
