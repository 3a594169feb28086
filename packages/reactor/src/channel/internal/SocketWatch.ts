import type { Descriptor, Outcome } from "@scached/fdpass"
import type { EventLoop } from "../../loop/EventLoop.ts"
import type { ReadinessHandler, Watch } from "../../loop/ReadinessHandler.ts"

/** The watch of one socket, which is there while something is waited for. */
export class SocketWatch {
  readonly #loop: EventLoop
  readonly #socket: Descriptor
  readonly #handler: ReadinessHandler
  /** None while there is nothing to wait for: a hang-up is reported whatever was asked for, and would spin the loop. */
  #watch: Watch | undefined

  constructor(loop: EventLoop, socket: Descriptor, handler: ReadinessHandler) {
    this.#loop = loop
    this.#socket = socket
    this.#handler = handler
  }

  /** Waits for `Readiness` bits, or for nothing; a negative outcome is epoll_ctl's refusal. */
  watchFor(readiness: number): Outcome {
    if (readiness === 0) {
      this.stop()
      return 0
    }
    if (this.#watch !== undefined) return this.#watch.update(readiness)
    const watch = this.#loop.watch(this.#socket, readiness, this.#handler)
    if (typeof watch === "number") return watch
    this.#watch = watch
    return 0
  }

  stop(): void {
    this.#watch?.stop()
    this.#watch = undefined
  }
}
