import { Effect, type Scope } from "effect"
import { type Descriptor, onForgotten as watch } from "./internal/descriptor.ts"

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

/**
 * Has a descriptor come back that its owner forgets: `use` is given a new value of it, and owns it. That is some time after the garbage collector
 * has found that the first value cannot be reached any more, or never, where the process ends before.
 *
 * What was closed, taken or surrendered does not come back. `use` must not hold the first value, which could be reached through it.
 *
 * @category descriptors
 */
export const onForgotten = (descriptor: Descriptor, use: (forgotten: Descriptor) => void): void =>
  watch(descriptor, use)
