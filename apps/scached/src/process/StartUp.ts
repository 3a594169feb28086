/**
 * What the start of the executable leaves behind, and how it is put in order afterwards.
 */
import { ProcessCalls } from "@scached/daemon"
import { Reactor } from "@scached/reactor"
import { Effect, type Scope } from "effect"

/** By then the clients that waited for the start have been served. */
const compileAfterMillis = 100
const trimAfterMillis = 1_000

/** The executable is built with a start at which next to nothing is compiled, since it runs once: 4 of 28 ms. */
export const compileAsUsual = (): void => Bun.unsafe.setJITPolicy(1)

/**
 * A moment after the start compiles code as usual, and a second after it gives the memory of the start's code back: 25 of 48 MB, which
 * would otherwise stay until the machine is short of it.
 *
 * To be called before the root is changed.
 */
export const settleLater: Effect.Effect<void, never, Reactor | ProcessCalls | Scope.Scope> = Effect.gen(function* () {
  const loop = yield* Reactor
  const trim = (yield* ProcessCalls).findCode()
  const cancelCompile = loop.at(loop.nowMillis + compileAfterMillis, compileAsUsual)
  const cancelTrim = loop.at(loop.nowMillis + trimAfterMillis, trim)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      cancelCompile()
      cancelTrim()
    })
  )
})
