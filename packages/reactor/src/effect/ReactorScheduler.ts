import type { Fiber, Scheduler } from "effect"
import type { EventLoop } from "../loop/EventLoop.ts"

/**
 * Effect's scheduler on the reactor: what fibers schedule becomes a ready task of the loop, in the order of scheduling.
 *
 * Effect's own `MixedScheduler` over `EventLoop.enqueue` does the same with a list of lists a fiber, for priorities that only
 * order the tasks of one fiber; without them a fiber that gives way costs a tenth less (figures in the README).
 *
 * @category schedulers
 */
export const make = (loop: EventLoop): Scheduler.Scheduler => {
  const dispatcher: Scheduler.SchedulerDispatcher = {
    scheduleTask: (task) => loop.defer(task),
    flush: () => loop.runReady()
  }
  return {
    executionMode: "async",
    shouldYield: (fiber: Fiber.Fiber<unknown, unknown>) => fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield,
    makeDispatcher: () => dispatcher
  }
}
