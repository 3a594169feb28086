import type { Descriptor } from "../Descriptor.ts"
import { plainCalls } from "./PlainSocket.ts"

const soonMillis = 2
const lateMillis = 1_000

let timer: ReturnType<typeof setTimeout> | undefined
let pauseMillis = soonMillis

/** Files are closed on other threads, and while one is busy the next ones wait: without these looks they stayed open. */
const tend = (): void => {
  if (plainCalls().closesUnderWay() === 0) return
  timer = setTimeout(look, pauseMillis)
  // At the end of the program the kernel closes what is left.
  timer.unref()
}

const look = (): void => {
  timer = undefined
  const calls = plainCalls()
  const before = calls.closesUnderWay()
  calls.hurryCloses()
  // A close that does not end is looked at more and more rarely.
  pauseMillis = calls.closesUnderWay() < before ? soonMillis : Math.min(lateMillis, 2 * pauseMillis)
  tend()
}

/** Closes what others have made, which may not hold this thread up. */
export const closeReceived = (descriptors: ReadonlyArray<Descriptor>): void => {
  for (const each of descriptors) if (each.isOwned) plainCalls().letGo(each)
  clearTimeout(timer)
  pauseMillis = soonMillis
  tend()
}
