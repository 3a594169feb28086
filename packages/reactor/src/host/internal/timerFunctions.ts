/**
 * The functions that make bare timers, wrapped so that listeners are notified of each timer. There is one set of wrappers for
 * any number of listeners, and none without a listener.
 *
 * Each notifies after making its timer: with the thread taken away in between, a time noted before would be earlier than the
 * timer's, and a listener that looked at that time would find nothing and not look again.
 */
import timers from "node:timers"
import timerPromises from "node:timers/promises"
import { promisify } from "node:util"

/** Who wants to hear of timers. */
export interface TimerListener {
  /** A timer was made: with what was given as its delay, which may be anything. */
  onTimer(delayMillis: number): void
  /** A timer until a date was made. */
  onTimerUntil(wallMillis: number): void
  onImmediate(): void
}

const listeners = new Set<TimerListener>()

const noteTimer = (delayMillis: unknown): void => {
  for (const each of listeners) each.onTimer(Number(delayMillis))
}

const noteImmediate = (): void => {
  for (const each of listeners) each.onImmediate()
}

/**
 * Replaces a method; the result puts the old one back, unless other code has meanwhile wrapped it again: that wrapper then stays,
 * and calls ours, which only passes the call on.
 */
const replace = <Key extends string, Method>(
  holder: { [K in Key]: Method },
  key: Key,
  wrapper: Method
): (() => void) => {
  const original = holder[key]
  holder[key] = wrapper
  return () => {
    if (holder[key] === wrapper) holder[key] = original
  }
}

/** Gives the wrapper what the original has beside itself; `promisify` goes past the wrapper, by a separate function. */
const likeOriginal = <Method extends object>(
  wrapper: object,
  original: Method,
  note: (delayMillis: unknown) => void
): Method => {
  // The wrappers below take and return what their originals do, and have all their properties after this.
  const copied = Object.assign(wrapper, original) as Method
  const custom: unknown = Reflect.get(original, promisify.custom)
  if (typeof custom !== "function") return copied
  const noted = (...values: Array<unknown>): unknown => {
    const made: unknown = Reflect.apply(custom, undefined, values)
    note(values[0])
    return made
  }
  return Object.defineProperty(copied, promisify.custom, { value: noted, configurable: true })
}

const wrapGlobals = () => {
  const { setTimeout, setInterval, setImmediate } = globalThis
  const timeout = likeOriginal(
    (...args: Parameters<typeof setTimeout>) => {
      const made = setTimeout(...args)
      noteTimer(args[1])
      return made
    },
    setTimeout,
    noteTimer
  )
  const interval = likeOriginal(
    (...args: Parameters<typeof setInterval>) => {
      const [callback, delayMillis, ...rest] = args
      if (typeof callback !== "function") return setInterval(...args)
      function renew(this: unknown, ...values: Array<unknown>): void {
        // Bun has taken the time of the next beat before it called: however long this one takes, the note is not too early.
        noteTimer(delayMillis)
        Reflect.apply(callback, this, values)
      }
      const made = setInterval(renew, delayMillis, ...rest)
      noteTimer(delayMillis)
      return made
    },
    setInterval,
    noteTimer
  )
  const immediate = likeOriginal(
    (...args: Parameters<typeof setImmediate>) => {
      const made = setImmediate(...args)
      noteImmediate()
      return made
    },
    setImmediate,
    noteImmediate
  )
  // Code that imports `node:timers` as a whole has the same functions.
  return [globalThis, timers].flatMap((holder) => [
    replace(holder, "setTimeout", timeout),
    replace(holder, "setInterval", interval),
    replace(holder, "setImmediate", immediate)
  ])
}

const wrapPromises = () => {
  const { setTimeout, setImmediate } = timerPromises
  const { sleep } = Bun
  const { timeout } = AbortSignal
  const timeoutPromise: typeof setTimeout = (delayMillis, value, options) => {
    const made = setTimeout(delayMillis, value, options)
    noteTimer(delayMillis)
    return made
  }
  const immediatePromise: typeof setImmediate = (value, options) => {
    const made = setImmediate(value, options)
    noteImmediate()
    return made
  }
  return [
    replace(timerPromises, "setTimeout", timeoutPromise),
    replace(timerPromises, "setImmediate", immediatePromise),
    replace(Bun, "sleep", (until: number | Date) => {
      const made = sleep(until)
      if (!(until instanceof Date)) noteTimer(until)
      else for (const each of listeners) each.onTimerUntil(until.getTime())
      return made
    }),
    replace(AbortSignal, "timeout", (delayMillis: number) => {
      const made = timeout.call(AbortSignal, delayMillis)
      noteTimer(delayMillis)
      return made
    })
  ]
}

let restores: ReadonlyArray<() => void> = []

/** Starts telling of timers. */
export const addTimerListener = (listener: TimerListener): void => {
  if (listeners.size === 0) restores = [...wrapGlobals(), ...wrapPromises()]
  listeners.add(listener)
}

/** Ends it; with the last listener the original functions come back. */
export const removeTimerListener = (listener: TimerListener): void => {
  if (!listeners.delete(listener) || listeners.size > 0) return
  for (const restore of restores) restore()
  restores = []
}
