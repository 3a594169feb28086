/**
 * What is checked when a round is over: everything that should still be cached can be taken out, nothing else can, and of what came
 * back, or has expired, the server has kept no copy.
 */
import { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { type Arena, runStretch } from "../load/Arena.ts"
import { BarrierSource, DrainSource } from "../load/OperationSource.ts"
import { Place } from "./CacheModel.ts"

/** A server may still be busy closing what has expired: it is waited for as long as it goes on, and no longer than this between two ends. */
const standstillMillisMax = 2_000
const pollMillis = 20

/** Connections with this place whose far end sees what it should not see yet. */
const checkNoneEnded = ({ bench }: Arena): void => {
  const { pool, model, log, buffer } = bench
  for (let connection = 0; connection < pool.made; connection++) {
    const place = model.placeOf(connection)
    if (place !== Place.free && place !== Place.cached) continue
    const seen = pool.farEnd(connection, buffer)
    if (seen === "open") continue
    const where = place === Place.cached ? "while it is cached" : "although it is open here"
    if (seen === "bytes") log.add(`connection ${connection}: the server wrote to it`)
    // One whose ttl may have passed is looked at again when its label is found empty.
    else if (place === Place.free || model.isSurelyThere(connection, bench.calls.monotonicMillis())) {
      log.add(`connection ${connection} of mx${model.endpointOf(connection)}: its peer sees the end ${where}`)
      model.suspect(connection)
    }
  }
}

/** Waits until the far ends of all but the suspect connections see the end, and reports those that do not. */
export const checkAllEnded = Effect.fnUntraced(function* (
  { bench }: Arena,
  connections: ReadonlyArray<number>,
  why: string
): Effect.fn.Return<void> {
  const { pool, log, buffer, model } = bench
  let open = connections
  for (let waitedMillis = 0; ; waitedMillis += pollMillis) {
    const before = open.length
    open = open.filter((connection) => pool.farEnd(connection, buffer) !== "ended")
    if (open.length === 0) return
    if (open.length < before) waitedMillis = 0
    if (waitedMillis >= standstillMillisMax) break
    yield* Effect.sleep(pollMillis)
  }
  for (const connection of open) {
    log.add(`connection ${connection} of mx${model.endpointOf(connection)} leaks: ${why}, and its peer sees no end`)
  }
})

/** Runs all of it on clients that have no operation under way. */
export const finalChecks = Effect.fnUntraced(function* (arena: Arena): Effect.fn.Return<void, never, SystemCalls> {
  const { bench, loop, topology, conversations } = arena
  const { model, pool, log } = bench
  const calls = yield* SystemCalls
  checkNoneEnded(arena)
  pool.isDraining = true
  pool.closeNear()
  loop.begin({
    source: new DrainSource(topology.endpoints, (endpoint, nowMillis) =>
      model.settle(endpoint, nowMillis, (connection) => {
        const hint = "is the server's connection_cache_ttl_limit shorter than --ttl?"
        log.add(`connection ${connection} of mx${endpoint} is lost: it was cached, and is not found any more (${hint})`)
      })
    )
  })
  yield* runStretch(calls, loop)
  loop.begin({ source: new BarrierSource() })
  yield* runStretch(calls, loop)
  // Of a server without clients nothing can be said beyond that.
  if (conversations.every((conversation) => conversation.isOver)) return
  // A save whose answer is waited for no longer may be carried out yet.
  const isSettled = (place: number) => place !== Place.suspect && place !== Place.saving && place !== Place.leaving
  const settled = Array.from({ length: pool.made }, (_, connection) => connection).filter((connection) =>
    isSettled(model.placeOf(connection))
  )
  yield* checkAllEnded(arena, settled, "it came back or has expired")
})
