/**
 * Runs Effect programs on the event loop.
 *
 * @category services
 */
import { KernelSystemCalls, SystemCalls, systemCallError, type UnsupportedPlatform } from "@scached/fdpass"
import { Cause, Clock, Context, Effect, Exit, type Fiber } from "effect"
import * as BunHost from "../host/BunHost.ts"
import { EventLoop } from "../loop/EventLoop.ts"
import { type Host, noHost } from "../loop/Host.ts"
import type { LoopFailure } from "../loop/LoopFailure.ts"
import * as ReactorClock from "./ReactorClock.ts"
import * as ReactorScheduler from "./ReactorScheduler.ts"

/**
 * The loop that the current program runs on.
 *
 * @category services
 */
export class Reactor extends Context.Service<Reactor, EventLoop>()("@scached/reactor/Reactor") {}

/**
 * What `run` gives to a program.
 *
 * @category services
 */
export type Services = Reactor | SystemCalls

type Exits<A, E> = (exit: Exit.Exit<A, E>) => void

/** A loop with what programs find in their context. */
interface Running {
  readonly loop: EventLoop
  readonly fork: <A, E>(program: Effect.Effect<A, E, Services>) => Fiber.Fiber<A, E>
}

const prepare = (calls: SystemCalls["Service"], host: Host): Running => {
  const epoll = calls.epollCreate()
  if (typeof epoll === "number") throw systemCallError("epoll_create1", epoll)
  const loop = new EventLoop(calls, epoll, host)
  const context = Context.empty().pipe(
    Context.add(Reactor, loop),
    Context.add(SystemCalls, calls),
    Context.add(Clock.Clock, ReactorClock.make(loop))
  )
  const scheduler = ReactorScheduler.make(loop)
  return { loop, fork: (program) => Effect.runForkWith(context)(program, { scheduler }) }
}

/** The loop of this process's main thread, while programs run on it. */
class SharedLoop {
  static current: SharedLoop | undefined

  readonly #running: Running
  readonly #host: ReturnType<typeof BunHost.make>
  #programs = 0
  /** Exits to be told when the loop has ended, and what to do when it cannot go on. */
  #farewells: Array<() => void> = []
  readonly #onFailure = new Set<(defect: unknown) => void>()

  private constructor(calls: SystemCalls["Service"]) {
    this.#host = BunHost.make(calls)
    try {
      this.#running = prepare(calls, this.#host)
    } catch (error) {
      this.#host.release()
      throw error
    }
    const { loop, fork } = this.#running
    loop.onDefect = (defect) => {
      fork(Effect.logError("a handler on the reactor threw", Cause.die(defect)))
    }
  }

  static obtain(calls: SystemCalls["Service"]): SharedLoop {
    if (SharedLoop.current !== undefined) return SharedLoop.current
    const shared = new SharedLoop(calls)
    SharedLoop.current = shared
    return shared
  }

  /** Forks a program; `onExit` comes after its exit, and for the last one after the loop has been taken down. */
  add<A, E>(
    program: Effect.Effect<A, E, Services>,
    onExit: Exits<A, E>,
    onFailure: (defect: unknown) => void
  ): Fiber.Fiber<A, E> {
    const isFirst = this.#programs === 0 && this.#farewells.length === 0 && this.#onFailure.size === 0
    this.#programs++
    this.#onFailure.add(onFailure)
    const fiber = this.#running.fork(program)
    fiber.addObserver((exit) => {
      this.#programs--
      this.#onFailure.delete(onFailure)
      const farewell = () => onExit(exit)
      if (this.#programs === 0) this.#farewells.push(farewell)
      else farewell()
    })
    if (isFirst)
      this.#running.loop.run(
        () => this.#programs === 0,
        (failure) => this.#end(failure)
      )
    return fiber
  }

  #end(failure: LoopFailure | undefined): void {
    SharedLoop.current = undefined
    this.#running.loop.close()
    this.#host.release()
    const farewells = this.#farewells
    this.#farewells = []
    for (const farewell of farewells) farewell()
    if (failure !== undefined) for (const tell of [...this.#onFailure]) tell(failure.defect)
  }
}

/**
 * Runs a program on a reactor that is a guest in Bun's event loop, and succeeds with its exit.
 *
 * There is one reactor in a process, on its main thread: programs that run at the same time share it. Interrupting this
 * interrupts the program and waits for its end. Fibers that the program leaves behind (`Effect.forkDetach`) are not run any more
 * once the last program has ended. What handlers throw is logged as an error and the loop goes on (`EventLoop.onDefect`); this
 * dies only when the loop itself cannot go on.
 *
 * @category running
 */
export const run = <A, E>(
  program: Effect.Effect<A, E, Services>
): Effect.Effect<Exit.Exit<A, E>, UnsupportedPlatform> =>
  Effect.gen(function* () {
    const calls = yield* SystemCalls
    return yield* Effect.callback<Exit.Exit<A, E>>((resume) => {
      let onEnd = (): void => {}
      const fiber = SharedLoop.obtain(calls).add(
        program,
        (exit) => {
          resume(Effect.succeed(exit))
          onEnd()
        },
        (defect) => {
          resume(Effect.die(defect))
          onEnd()
        }
      )
      // Its finalizers take their time, and what they release belongs to this program: it has not ended before.
      return Effect.callback<void>((resumeInterruption) => {
        onEnd = () => resumeInterruption(Effect.void)
        fiber.interruptUnsafe()
      })
    })
  }).pipe(Effect.provide(KernelSystemCalls.layer))

/**
 * Runs a program to its end on given system calls and without a host: everything happens before this returns.
 *
 * With simulated system calls this is a deterministic simulation in virtual time. Whatever a handler throws ends it, and is
 * thrown here, as is what the simulation itself complains of.
 *
 * @category running
 */
export const runSimulated = <A, E>(
  program: Effect.Effect<A, E, Services>,
  calls: SystemCalls["Service"]
): Exit.Exit<A, E> => {
  const { loop, fork } = prepare(calls, noHost)
  const ended: { exit?: Exit.Exit<A, E>; failure?: LoopFailure | undefined } = {}
  const fiber = fork(program)
  fiber.addObserver((exit) => {
    ended.exit = exit
  })
  loop.run(
    () => ended.exit !== undefined,
    (failure) => {
      ended.failure = failure
    }
  )
  loop.close()
  if (ended.failure !== undefined) throw ended.failure.defect
  if (ended.exit === undefined) throw new Error("the loop ended before its program did")
  return ended.exit
}

/** All that end a process by default and that an operator or a terminal sends: unhandled, they would leave the socket file behind. */
const endingSignals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const

/**
 * Runs a program as the main one of this process: SIGHUP, SIGINT, SIGQUIT and SIGTERM interrupt it, and the process exits with what `exitCode`
 * makes of its exit. With `onHangUp`, SIGHUP calls that instead, and with `onUserSignal` SIGUSR1 calls that, which would end the process
 * otherwise; both from the program's start to its end. `onEnding` hears which signal interrupts it. When the reactor cannot run at
 * all, or cannot go on, the reason goes to standard error and the process exits with 1.
 *
 * @category running
 */
export const runMain = <A, E>(
  program: Effect.Effect<A, E, Services>,
  options: {
    readonly exitCode: (exit: Exit.Exit<A, E>) => number
    readonly onHangUp?: () => void
    readonly onUserSignal?: () => void
    readonly onEnding?: (signal: string) => void
    /** Called when the program could not begin, since no system call can be made here; the process ends when the promise does. */
    readonly onNoStart?: (message: string) => Promise<void>
  }
): void => {
  const main = Effect.gen(function* () {
    const fiber = yield* Effect.fiber
    for (const signal of endingSignals) {
      const interrupt = () => {
        options.onEnding?.(signal)
        fiber.interruptUnsafe()
      }
      process.on(signal, signal === "SIGHUP" ? (options.onHangUp ?? interrupt) : interrupt)
    }
    const { onUserSignal } = options
    if (onUserSignal !== undefined) process.on("SIGUSR1", onUserSignal)
    return yield* program
  })
  Effect.runFork(run(main)).addObserver((outcome) => {
    if (Exit.isSuccess(outcome)) process.exit(options.exitCode(outcome.value))
    const error = Cause.squash(outcome.cause)
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${message}\n`)
    const { onNoStart = () => Promise.resolve() } = options
    onNoStart(message).finally(() => process.exit(1))
  })
}

/**
 * Whether a program ended on request: it was interrupted, and nothing else went wrong.
 *
 * @category running
 */
export const wasInterrupted = <A, E>(exit: Exit.Exit<A, E>): boolean =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
