/**
 * What a service tells systemd of its state: sd_notify(3).
 */

import { ProcessCalls } from "@scached/daemon"
import { type Descriptor, Errno, SystemCalls, systemCallError, UnixSocket } from "@scached/fdpass"
import { Reactor } from "@scached/reactor"
import { Effect, type Scope } from "effect"
import { Journal } from "../../log/Journal.ts"
import { printable } from "../../log/printable.ts"

/** While systemd's socket is full. */
const retryMillis = 50
/** Messages that may wait for it; a service tells a handful in its life. */
const waitingMax = 16
/** Linux counts /proc/uptime in hundredths of a second, and leaves out what is left over. */
const uptimeUnitMicros = 10_000

/** Tells systemd; every message leaves at once or waits, and nothing here waits for it. Without systemd, nothing happens. */
export interface Notifier {
  /** The service serves. */
  readonly ready: (status: string) => void
  /** The service has begun to read its configuration again; `ready` ends this. */
  readonly reloading: () => void
  /** The service has begun to end. */
  readonly stopping: () => void
}

type Environment = Record<string, string | undefined>

/** What systemd has told of itself. */
export interface NotifierSettings {
  readonly address: string | undefined
  /** How often it wants to hear that the service is alive, in microseconds. */
  readonly watchdogMicros: number | undefined
}

/** Reads what systemd says, and takes it out of the environment: it is for this process alone. */
export const takeSettings = (environment: Environment, processId: number): NotifierSettings => {
  const { NOTIFY_SOCKET: address, WATCHDOG_PID: owner, WATCHDOG_USEC: micros = "" } = environment
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"]) delete environment[name]
  const isOurs = owner === undefined || owner === String(processId)
  return {
    address: address === "" ? undefined : address,
    watchdogMicros: isOurs && /^[1-9][0-9]{0,14}$/.test(micros) ? Number(micros) : undefined
  }
}

/**
 * The time on CLOCK_MONOTONIC, rounded up: systemd takes a reload for begun when it is not before its own signal. What the machine
 * has slept is counted here and not there, which does no harm.
 */
const monotonicMicros = (calls: ProcessCalls["Service"]): number | undefined => {
  const bytes = calls.readFile("/proc/uptime")
  if (typeof bytes === "number") return undefined
  const seconds = Number.parseFloat(new TextDecoder().decode(bytes))
  return Number.isFinite(seconds) ? Math.round(seconds * 1_000_000) + uptimeUnitMicros : undefined
}

class Line {
  readonly #calls: SystemCalls["Service"]
  readonly #later: (run: () => void) => () => void
  readonly #socket: Descriptor
  #waiting: Array<Uint8Array> = []
  #cancelRetry: (() => void) | undefined

  constructor(calls: SystemCalls["Service"], socket: Descriptor, later: (run: () => void) => () => void) {
    this.#calls = calls
    this.#socket = socket
    this.#later = later
  }

  tell(...variables: ReadonlyArray<string>): void {
    // A value that ended its line would begin another variable.
    if (this.#waiting.length < waitingMax) this.#waiting.push(Buffer.from(variables.map(printable).join("\n")))
    this.#send()
  }

  close(): void {
    this.#cancelRetry?.()
    this.#socket.close()
  }

  #send(): void {
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined) return
      const outcome = this.#calls.send(this.#socket, next)
      if (outcome === -Errno.EAGAIN || outcome === -Errno.ENOBUFS) {
        this.#cancelRetry ??= this.#later(() => {
          this.#cancelRetry = undefined
          this.#send()
        })
        return
      }
      // Anything else is for good: systemd is gone, and will not come back at this socket.
      this.#waiting.shift()
    }
  }
}

const silent: Notifier = { ready: () => {}, reloading: () => {}, stopping: () => {} }

/**
 * Opens the line to systemd, which closes with the scope. A socket that cannot be reached is a warning, not a failure:
 * clients can be served all the same.
 */
export const open = Effect.fnUntraced(function* (
  settings: NotifierSettings
): Effect.fn.Return<Notifier, never, Reactor | SystemCalls | ProcessCalls | Journal | Scope.Scope> {
  const { address, watchdogMicros } = settings
  if (address === undefined) return silent
  const loop = yield* Reactor
  const calls = yield* SystemCalls
  const process = yield* ProcessCalls
  const socket = calls.datagramSocket()
  const outcome = typeof socket === "number" ? socket : connect(calls, socket, address)
  if (typeof socket === "number" || outcome < 0) {
    if (typeof socket !== "number") socket.close()
    const { message } = systemCallError("connect", outcome, address)
    ;(yield* Journal).warning(`NOTIFY_SOCKET: systemd will not hear when this is ready: ${message}`)
    return silent
  }
  const line = new Line(calls, socket, (run) => loop.at(loop.nowMillis + retryMillis, run))
  let cancelBeat: (() => void) | undefined
  const beat = (micros: number): void => {
    line.tell("WATCHDOG=1")
    // Twice as often as is asked for, as sd_watchdog_enabled(3) advises.
    cancelBeat = loop.at(loop.nowMillis + micros / 2_000, () => beat(micros))
  }
  if (watchdogMicros !== undefined) beat(watchdogMicros)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      cancelBeat?.()
      line.close()
    })
  )
  return {
    ready: (status) => line.tell("READY=1", `STATUS=${status}`),
    reloading: () => {
      const micros = monotonicMicros(process)
      line.tell("RELOADING=1", ...(micros === undefined ? [] : [`MONOTONIC_USEC=${micros}`]), "STATUS=reading main.cf")
    },
    stopping: () => line.tell("STOPPING=1", "STATUS=ending")
  }
})

const connect = (calls: SystemCalls["Service"], socket: Descriptor, address: string) =>
  address.startsWith("@") ? UnixSocket.connectAbstract(socket, address.slice(1)) : calls.connect(socket, address)
