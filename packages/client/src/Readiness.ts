import type { Descriptor } from "@scached/fdpass"
import { Context } from "effect"

/**
 * What a socket is waited for.
 *
 * @category models
 */
export type Direction = "readable" | "writable"

/**
 * Waiting for a socket: the only thing that a client needs from its event loop.
 *
 * `BunReadiness.layer` waits in Bun's own loop. A program that has another loop, the reactor's for instance, provides another layer,
 * and so do the tests, whose loop is the simulated kernel's.
 *
 * A plain callback and not an Effect, since a request waits once or twice, and a fiber for each wait was most of what a request left to
 * the garbage collector.
 *
 * @category services
 */
export interface ReadinessShape {
  /**
   * Calls `ready` once when something can be read from, or written to, a non-blocking socket, or when its peer is gone; later, and not
   * within this call. It may do so too early: the caller tries, and waits again. A wait keeps the process alive. The result is
   * the wait: if disposed of before `ready` was called, it is cancelled, and leaves nothing behind. The socket must stay open
   * meanwhile, and only one caller may wait for it.
   */
  readonly until: (socket: Descriptor, direction: Direction, ready: () => void) => Disposable
}

/**
 * The service that waits for sockets.
 *
 * @category services
 */
export class Readiness extends Context.Service<Readiness, ReadinessShape>()("@scached/client/Readiness") {}
