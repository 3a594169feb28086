/** The hostile cases, each tried on a cache of its own. */
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { type LabFailure, type PostfixTools, ScacheProcess, TempDirectory } from "@scached/interop"
import { Effect, type Scope } from "effect"
import * as CompiledProgram from "./CompiledProgram.ts"
import { connectionCases } from "./ConnectionCases.ts"
import * as Daemon from "./Daemon.ts"
import { exchangeCases } from "./ExchangeCases.ts"
import { floodCases } from "./FloodCases.ts"
import type { HostileCase } from "./HostileCase.ts"
import * as RudeSender from "./RudeSender.ts"
import { systemCalls } from "./Visitor.ts"

const ttlLimitSeconds = 100

/** All cases. */
export const hostileCases: ReadonlyArray<HostileCase> = [...exchangeCases, ...floodCases, ...connectionCases]

/** Why a case cannot be tried on this machine; undefined where it can. */
export const impedimentOf = ({ needs }: HostileCase): string | undefined => {
  if (needs === "cc") return CompiledProgram.findMissing()
  if (needs === "root" && process.getuid?.() !== 0) return "needs root"
  return undefined
}

type Started = { readonly pid: number; readonly socketPath: string }
type Start<R> = Effect.Effect<Started, LabFailure.LabFailure, R>

/** Postfix's own. */
export const startScache: Start<PostfixTools.PostfixTools | SystemCalls | Scope.Scope> = Effect.gen(function* () {
  const socketPath = join(yield* TempDirectory.make, "socket")
  const { pid } = yield* ScacheProcess.start({ socketPath, ttlLimitSeconds })
  return { pid, socketPath }
})

/** Ours. */
export const startScached = (program: string | undefined): Start<SystemCalls | Scope.Scope> =>
  Daemon.start({ program, parameters: { connection_cache_ttl_limit: `${ttlLimitSeconds}s` } })

/** What a cache does under each case, in its words. */
export const observe = Effect.fnUntraced(function* <R>(
  start: Start<R>,
  cases: ReadonlyArray<HostileCase> = hostileCases
): Effect.fn.Return<ReadonlyArray<string>, unknown, R | SystemCalls> {
  return yield* Effect.forEach(cases, (each) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { pid, socketPath } = yield* start
        const calls = yield* systemCalls
        const rude = yield* RudeSender.make
        const launch = yield* CompiledProgram.makeLauncher
        return each.run({ calls, pid, socketPath, rude, launch })
      })
    )
  )
})
