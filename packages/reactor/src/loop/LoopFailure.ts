/**
 * Why a loop could not go on: its epoll set failed, or `EventLoop.onDefect` threw.
 *
 * @category models
 */
export interface LoopFailure {
  readonly defect: unknown
}
