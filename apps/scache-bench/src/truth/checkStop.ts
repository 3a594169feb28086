import { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { type ArenaOptions, openArena, runStretch } from "../load/Arena.ts"
import { FillSource } from "../load/OperationSource.ts"
import { awaitEnd } from "../target/awaitEnd.ts"
import type { Target } from "../target/Target.ts"
import { TargetLost } from "../target/TargetLost.ts"
import { checkAllEnded } from "./finalChecks.ts"

/** Connections that are left in the cache when its server is stopped. */
export const leftAtStop = 16

/**
 * Leaves connections in the cache, of which the server then holds the only copy, and stops it: their peers must see the end, and not
 * before, and it has to end well.
 */
export const checkStop = Effect.fnUntraced(function* (target: Target, options: ArenaOptions) {
  if (target.stop === undefined) return
  const calls = yield* SystemCalls
  const workload = {
    ...options.workload,
    clients: 1,
    cached: leftAtStop,
    cachedApart: false,
    connections: leftAtStop + 1
  }
  const arena = yield* openArena(target, { ...options, workload })
  const { pool, buffer, log } = arena.bench
  arena.loop.begin({ source: new FillSource(workload) })
  yield* runStretch(calls, arena.loop)
  pool.closeNear()
  const left = Array.from({ length: pool.made }, (_, connection) => connection)
  const early = left.filter((connection) => pool.farEnd(connection, buffer) !== "open")
  if (log.hangUps.length > 0 || early.length > 0) {
    const reason = yield* awaitEnd(target)
    if (reason !== undefined) return yield* new TargetLost({ target: target.name, reason })
  }
  log.judgeHangUps()
  for (const connection of early) {
    log.add(`connection ${connection}: its peer sees the end while it is cached, before the server is stopped`)
  }
  const wrong = yield* target.stop
  if (wrong !== undefined) log.add(`when the server was stopped: ${wrong}`)
  yield* checkAllEnded(arena, left, "the server has ended")
}, Effect.scoped)
