import type { Descriptor } from "@scached/fdpass"
import { Context, type Effect } from "effect"

/**
 * What a socket is waited for.
 *
 * @category models
 */
export type Direction = "readable" | "writable"

/**
 * Waiting for a socket: the one thing that a client needs of the event loop it lives in.
 *
 * `BunReadiness.layer` waits in Bun's own loop. A program that has another loop, the reactor's for instance, provides a layer of its own,
 * and so do the tests, whose loop is the simulated kernel's.
 *
 * @category services
 */
export interface ReadinessShape {
  /**
   * Completes when something can be read from, or written to, a non-blocking socket, or when its peer is gone. It may complete
   * too early: whoever waits tries, and waits again. While it waits it keeps the process alive; when it is interrupted it leaves nothing
   * behind. The socket stays open meanwhile, and nobody else waits for it.
   */
  readonly until: (socket: Descriptor, direction: Direction) => Effect.Effect<void>
}

/**
 * The service that waits for sockets.
 *
 * @category services
 */
export class Readiness extends Context.Service<Readiness, ReadinessShape>()("@scached/client/Readiness") {}
