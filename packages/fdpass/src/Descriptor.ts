import { Effect, type Scope } from "effect"
import type { Descriptor } from "./internal/descriptor.ts"

export { Descriptor, DescriptorMisuse } from "./internal/descriptor.ts"

/**
 * Binds a descriptor to the current scope: when the scope closes, the descriptor is closed unless it was given up before.
 *
 * @category descriptors
 */
export const scoped = (descriptor: Descriptor): Effect.Effect<Descriptor, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.succeed(descriptor), (held) =>
    Effect.sync(() => {
      if (held.isOwned) held.close()
    })
  )
