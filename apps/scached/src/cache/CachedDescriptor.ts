import type { Descriptor, SystemCalls } from "@scached/fdpass"
import { Effect, Exit, Scope } from "effect"

/**
 * Closes a descriptor that a client has passed, without waiting for anybody.
 *
 * Whoever made it may have told its socket to linger: the close would then hold up everybody here, for hours if so set.
 */
export const discard = (calls: SystemCalls["Service"], descriptor: Descriptor): void => {
  calls.stopLingering(descriptor)
  descriptor.close()
}

/**
 * A descriptor in the cache: it lives in a Scope of its own, a child of the server's.
 *
 * Expiry, eviction, a hand-over that has succeeded and the end of the server all close it by closing that Scope, and a Scope
 * closes once.
 */
export class CachedDescriptor {
  readonly descriptor: Descriptor
  readonly #scope: Scope.Closeable

  constructor(server: Scope.Scope, descriptor: Descriptor, calls: SystemCalls["Service"]) {
    this.descriptor = descriptor
    this.#scope = Scope.forkUnsafe(server)
    const release = () => {
      // Done here and not in the returned effect: closing a scope then needs no fiber.
      discard(calls, descriptor)
      return Effect.void
    }
    Effect.runSync(Scope.addFinalizerExit(this.#scope, release))
  }

  /** Closes the cache's copy. A copy that was handed over lives on with its new owner. */
  close(): void {
    Scope.closeUnsafe(this.#scope, Exit.void)
  }
}
