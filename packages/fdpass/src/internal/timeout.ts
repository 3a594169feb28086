const millisMax = 0x7fffffff

/**
 * A timeout as epoll_wait takes it: whole milliseconds, never less than asked for. A fraction that is cut off would make a loop
 * spin for the last part of a millisecond before each deadline.
 */
export const wholeMillis = (timeoutMillis: number): number => {
  if (timeoutMillis < 0) return -1
  if (!(timeoutMillis >= 0)) throw new RangeError(`a timeout is a number of milliseconds, not ${timeoutMillis}`)
  return Math.min(Math.ceil(timeoutMillis), millisMax)
}
