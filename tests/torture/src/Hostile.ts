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
import type { HostileCase, Victim } from "./HostileCase.ts"
import * as RudeSender from "./RudeSender.ts"
import { systemCalls } from "./Visitor.ts"

const ttlLimitSeconds = 100

/** All cases. */
export const hostileCases: ReadonlyArray<HostileCase> = [...exchangeCases, ...floodCases, ...connectionCases]

/** Why a case cannot be tried on this machine; undefined where it can. */
export const impedimentOf = ({ needs }: Pick<HostileCase, "needs">): string | undefined => {
  if (needs === "cc") return CompiledProgram.findMissing()
  if (needs === "root" && process.getuid?.() !== 0) return "needs root"
  return undefined
}

/** A running cache. */
export type Started = { readonly pid: number; readonly socketPath: string }
/** Starts a cache that ends with the scope. */
export type Start<R> = Effect.Effect<Started, LabFailure.LabFailure, R>

/** Postfix's own. */
export const startScache: Start<PostfixTools.PostfixTools | SystemCalls | Scope.Scope> = Effect.gen(function* () {
  const socketPath = join(yield* TempDirectory.make, "socket")
  const { pid } = yield* ScacheProcess.start({ socketPath, ttlLimitSeconds })
  return { pid, socketPath }
})

/** Ours. */
export const startScached = (program: string | undefined): Start<SystemCalls | Scope.Scope> =>
  Daemon.start({ program, parameters: { connection_cache_ttl_limit: `${ttlLimitSeconds}s` } })

/** A cache with what cases use against it. */
export const victimOf = Effect.fnUntraced(function* ({
  pid,
  socketPath
}: Started): Effect.fn.Return<Victim, unknown, SystemCalls | Scope.Scope> {
  const calls = yield* systemCalls
  return { calls, pid, socketPath, rude: yield* RudeSender.make, ...(yield* CompiledProgram.makeLauncher) }
})

/** What a cache does under each case, in its words. */
export const observe = Effect.fnUntraced(function* <R>(
  start: Start<R>,
  cases: ReadonlyArray<HostileCase> = hostileCases
): Effect.fn.Return<ReadonlyArray<string>, unknown, R | SystemCalls> {
  return yield* Effect.forEach(cases, (each) =>
    Effect.scoped(
      Effect.gen(function* () {
        return each.run(yield* victimOf(yield* start))
      })
    )
  )
})
