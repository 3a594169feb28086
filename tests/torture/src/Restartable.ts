import type { LabFailure } from "@scached/interop"
import { Effect, Exit, Scope } from "effect"

/** A program that can be ended and started anew. */
export class Restartable<A extends { readonly pid: number }, R> {
  /** The one that runs; undefined between its end and the next start. */
  current: A | undefined
  #scope: Scope.Closeable | undefined
  readonly #start: Effect.Effect<A, LabFailure.LabFailure, R | Scope.Scope>

  constructor(start: Effect.Effect<A, LabFailure.LabFailure, R | Scope.Scope>) {
    this.#start = start
  }

  get up(): Effect.Effect<A, LabFailure.LabFailure, R> {
    return Effect.gen({ self: this }, function* () {
      const scope = yield* Scope.make()
      this.#scope = scope
      const running = yield* Scope.provide(this.#start, scope)
      this.current = running
      return running
    })
  }

  get down(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const scope = this.#scope
      this.#scope = undefined
      this.current = undefined
      return scope === undefined ? Effect.void : Scope.close(scope, Exit.void)
    })
  }
}
