/**
 * Who watches over a loop from the side: `Watchdog`. Both calls come in every turn and must cost next to nothing.
 *
 * @category models
 */
export interface LoopObserver {
  /** The loop is about to wait for at most `waitMillis`, without an end when that is negative. */
  beforeWait(nowMillis: number, waitMillis: number): void
  /** The wait is over. */
  afterWait(nowMillis: number): void
}
