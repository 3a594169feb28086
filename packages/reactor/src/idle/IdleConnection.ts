import type { Descriptor } from "@scached/fdpass"
import type { Member } from "../loop/Member.ts"
import { type IdleState, idleStateFrom } from "./IdleState.ts"
import type { IdleWatch } from "./IdleWatcher.ts"
import type { IdleList } from "./internal/IdleList.ts"

/**
 * A connection that an `IdleWatcher` watches, to be extended by what keeps many: it is its own entry with the watcher and with the loop.
 *
 * Objects for that beside it, with a handler's closure and its scope, took 129 bytes more a connection, 244 once it was watched.
 *
 * @category models
 */
export abstract class IdleConnection implements Member, IdleWatch {
  readonly descriptor: Descriptor
  /** Kept by the loop. */
  token = 0
  /** Kept by the watcher, as the next three are: undefined unless it waits for its registration or is registered. */
  list: IdleList | undefined = undefined
  sinceMillis = 0
  previous: IdleConnection | undefined = undefined
  next: IdleConnection | undefined = undefined

  constructor(descriptor: Descriptor) {
    this.descriptor = descriptor
  }

  /** Called once, when it no longer rests undisturbed; it is not watched any more then, and still its owner's. */
  abstract onStirred(state: Exclude<IdleState, "idle" | "unknown">): void

  /** For the loop to call. */
  onReady(readiness: number): void {
    const state = idleStateFrom(readiness)
    if (state === "idle") return
    // First, so that there is one event a connection whatever its peer does, and however what follows ends.
    this.stop()
    this.onStirred(state)
  }

  stop(): void {
    this.list?.watcher.forget(this)
  }
}
