import type { Descriptor } from "@scached/fdpass"
import { Context } from "effect"

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
 * A plain callback and not an Effect, since a request waits once or twice, and a fiber for each wait was most of what a request left to
 * the garbage collector.
 *
 * @category services
 */
export interface ReadinessShape {
  /**
   * Calls `ready` once when something can be read from, or written to, a non-blocking socket, or when its peer is gone; later, and not
   * within this call. It may do so too early: whoever waits tries, and waits again. While it waits it keeps the process alive. What it
   * returns is the wait: disposed of before `ready` was called, it is called off, and leaves nothing behind. The socket stays open
   * meanwhile, and nobody else waits for it.
   */
  readonly until: (socket: Descriptor, direction: Direction, ready: () => void) => Disposable
}

/**
 * The service that waits for sockets.
 *
 * @category services
 */
export class Readiness extends Context.Service<Readiness, ReadinessShape>()("@scached/client/Readiness") {}
