import type { Descriptor, Outcome } from "@scached/fdpass"
import type { EventLoop } from "../EventLoop.ts"
import type { Reader, ReadinessHandler, Watch } from "../ReadinessHandler.ts"
import type { WatchMember } from "../WatchMember.ts"

/** The place of a handler that keeps none itself. */
export class Slot implements Watch, WatchMember {
  readonly loop: EventLoop
  readonly descriptor: Descriptor
  readonly handler: ReadinessHandler
  readiness: number
  token = 0

  constructor(loop: EventLoop, descriptor: Descriptor, readiness: number, handler: ReadinessHandler) {
    this.loop = loop
    this.descriptor = descriptor
    this.readiness = readiness
    this.handler = handler
  }

  get reader(): Reader | undefined {
    return this.handler.reader
  }

  onReady(readiness: number): void {
    this.handler.onReady(readiness)
  }

  update(readiness: number): Outcome {
    if (this.token === 0 || readiness === this.readiness) return 0
    const outcome = this.loop.calls.epollModify(this.loop.epoll, this.descriptor, readiness, this.token)
    if (outcome >= 0) this.readiness = readiness
    return outcome
  }

  stop(): void {
    this.loop.release(this)
  }
}
