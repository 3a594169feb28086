import { Errno, Readiness as Interest, SystemCalls } from "@scached/fdpass"
import type { SimulatedProcess } from "@scached/fdpass/testing"
import { Clock, Context, Duration, Effect, type Exit, type Scheduler } from "effect"
import { Readiness, type ReadinessShape } from "../../src/index.ts"

interface Sleeper {
  readonly atMillis: number
  readonly wake: () => void
}

/** How soon to try again where the simulated kernel has no room for a watch. */
const refusedMillis = 1

/**
 * A small event loop over a simulated process: fibers, sleepers and waiting sockets. The world moves while it waits in `epollWait`, and
 * nothing else lets time pass, so that one seed decides all of a run.
 */
class SimulatedLoop {
  readonly #calls: SystemCalls["Service"]
  readonly #epoll
  readonly #batch
  readonly #tasks: Array<() => void> = []
  readonly #sleepers = new Set<Sleeper>()
  readonly #waiting = new Map<number, () => void>()
  readonly #onStep: (count: number) => void
  #nextToken = 1
  #count = 0

  constructor(process: SimulatedProcess, onStep: (count: number) => void) {
    this.#onStep = onStep
    this.#calls = process.calls
    const epoll = this.#calls.epollCreate()
    if (typeof epoll === "number") throw new Error("the plan of faults leaves no room for the loop itself")
    this.#epoll = epoll
    this.#batch = this.#calls.makeReadinessBatch(16)
  }

  readonly readiness: ReadinessShape = {
    until: (socket, direction, ready) => {
      const token = this.#nextToken++
      if (this.#calls.epollAdd(this.#epoll, socket, Interest[direction], token) < 0) {
        return { [Symbol.dispose]: this.#sleep(refusedMillis, ready) }
      }
      const stop = () => {
        this.#waiting.delete(token)
        this.#calls.epollRemove(this.#epoll, socket)
      }
      this.#waiting.set(token, () => {
        stop()
        ready()
      })
      return { [Symbol.dispose]: stop }
    }
  }

  readonly clock: Clock.Clock = (() => {
    const millis = () => this.#calls.monotonicMillis()
    const nanos = () => BigInt(Math.round(millis() * 1_000_000))
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) =>
        Effect.callback<void>((resume) => {
          const stop = this.#sleep(Duration.toMillis(duration), () => resume(Effect.void))
          return Effect.sync(stop)
        })
    }
  })()

  /** Calls back after a while of virtual time; returns what calls it off. */
  #sleep(millis: number, wake: () => void): () => void {
    const sleeper = {
      atMillis: this.#calls.monotonicMillis() + millis,
      wake: () => {
        this.#sleepers.delete(sleeper)
        wake()
      }
    }
    this.#sleepers.add(sleeper)
    return () => this.#sleepers.delete(sleeper)
  }

  readonly scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    // Far more often than in life, so that interruptions find fibers at every step. One that yielded more often would not get on.
    shouldYield: (fiber) => fiber.currentOpCount >= 4,
    makeDispatcher: () => ({ scheduleTask: (task) => this.#tasks.push(task), flush: () => this.#runTasks() })
  }

  runUntil(isDone: () => boolean): void {
    for (;;) {
      this.#runTasks()
      if (isDone()) break
      this.#wait()
    }
    this.#epoll.close()
  }

  #runTasks(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      this.#step(task)
    }
  }

  #step(step: () => void): void {
    step()
    this.#onStep(++this.#count)
  }

  #wait(): void {
    const due = [...this.#sleepers].sort((left, right) => left.atMillis - right.atMillis)[0]
    const timeoutMillis = due === undefined ? -1 : Math.max(0, due.atMillis - this.#calls.monotonicMillis())
    const count = this.#calls.epollWait(this.#epoll, this.#batch, timeoutMillis)
    if (count < 0 && count !== -Errno.EINTR) throw new Error(`epollWait: ${count}`)
    const tokens = Array.from({ length: Math.max(0, count) }, (_, index) => this.#batch.token(index))
    for (const token of tokens) {
      const wake = this.#waiting.get(token)
      if (wake !== undefined) this.#step(wake)
    }
    const now = this.#calls.monotonicMillis()
    // One may be called off by another.
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.atMillis <= now && this.#sleepers.has(sleeper)) this.#step(sleeper.wake)
    }
  }
}

/**
 * Runs a program to its end in a simulated process, within this call and in virtual time. `onStep` is called between any two steps,
 * of its fibers and of whatever waits, with their count.
 */
export const runSimulated = <A, E>(
  process: SimulatedProcess,
  program: Effect.Effect<A, E, SystemCalls | Readiness>,
  onStep: (count: number) => void = () => {}
): Exit.Exit<A, E> => {
  const loop = new SimulatedLoop(process, onStep)
  const context = Context.empty().pipe(
    Context.add(SystemCalls, process.calls),
    Context.add(Readiness, loop.readiness),
    Context.add(Clock.Clock, loop.clock)
  )
  const ended: { exit?: Exit.Exit<A, E> } = {}
  Effect.runForkWith(context)(program, { scheduler: loop.scheduler }).addObserver((exit) => {
    ended.exit = exit
  })
  loop.runUntil(() => ended.exit !== undefined)
  const { exit } = ended
  if (exit === undefined) throw new Error("the loop ended before its program")
  return exit
}
