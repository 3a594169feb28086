/**
 * Runs Effect programs on the event loop.
 *
 * @category services
 */
import { KernelSystemCalls, SystemCalls, systemCallError, type UnsupportedPlatform } from "@scached/fdpass"
import { Cause, Clock, Context, Effect, Exit, type Fiber, Scheduler } from "effect"
import * as BunHost from "./BunHost.ts"
import { EventLoop } from "./EventLoop.ts"
import { type Host, noHost } from "./Host.ts"
import * as ReactorClock from "./ReactorClock.ts"

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

const start = <A, E>(
  program: Effect.Effect<A, E, Services>,
  calls: SystemCalls["Service"],
  host: Host,
  onExit: (exit: Exit.Exit<A, E>) => void
): Fiber.Fiber<A, E> => {
  const epoll = calls.epollCreate()
  if (typeof epoll === "number") throw systemCallError("epoll_create1", epoll)
  const loop = new EventLoop(calls, epoll, host)
  const context = Context.empty().pipe(
    Context.add(Reactor, loop),
    Context.add(SystemCalls, calls),
    Context.add(Clock.Clock, ReactorClock.make(loop))
  )
  const scheduler = new Scheduler.MixedScheduler("async", loop.enqueue)
  const fiber = Effect.runForkWith(context)(program, { scheduler })
  let exit: Exit.Exit<A, E> | undefined
  fiber.addObserver((result) => {
    exit = result
  })
  loop.run(
    () => exit !== undefined,
    () => {
      loop.close()
      if (exit !== undefined) onExit(exit)
    }
  )
  return fiber
}

/**
 * Runs a program on a reactor that is a guest in Bun's event loop, and resolves with its exit.
 *
 * @category running
 */
export const run = <A, E>(
  program: Effect.Effect<A, E, Services>
): Effect.Effect<Exit.Exit<A, E>, UnsupportedPlatform> =>
  Effect.gen(function* () {
    const calls = yield* SystemCalls
    return yield* Effect.callback<Exit.Exit<A, E>>((resume) => {
      const host = BunHost.make(calls)
      const fiber = start(program, calls, host, (exit) => {
        host.release()
        resume(Effect.succeed(exit))
      })
      return Effect.sync(() => fiber.interruptUnsafe())
    })
  }).pipe(Effect.provide(KernelSystemCalls.layer))

/**
 * Runs a program to its end on given system calls and without a host: everything happens before this returns.
 *
 * With simulated system calls this is a deterministic simulation in virtual time.
 *
 * @category running
 */
export const runSimulated = <A, E>(
  program: Effect.Effect<A, E, Services>,
  calls: SystemCalls["Service"]
): Exit.Exit<A, E> => {
  let result: Exit.Exit<A, E> | undefined
  start(program, calls, noHost, (exit) => {
    result = exit
  })
  if (result === undefined) throw new Error("the loop ended before its program did")
  return result
}

/**
 * Runs a program as the main one of this process: SIGINT and SIGTERM interrupt it, and the process exits with what `exitCode`
 * makes of its exit.
 *
 * @category running
 */
export const runMain = <A, E>(
  program: Effect.Effect<A, E, Services>,
  options: { readonly exitCode: (exit: Exit.Exit<A, E>) => number }
): void => {
  const main = Effect.gen(function* () {
    const fiber = yield* Effect.fiber
    const interrupt = () => fiber.interruptUnsafe()
    process.on("SIGINT", interrupt)
    process.on("SIGTERM", interrupt)
    return yield* program
  })
  Effect.runFork(
    Effect.match(run(main), {
      onFailure: (unsupported) => {
        process.stderr.write(`${unsupported.message}\n`)
        process.exit(1)
      },
      onSuccess: (exit) => process.exit(options.exitCode(exit))
    })
  )
}

/**
 * Whether a program ended because it was told to: it was interrupted and nothing else went wrong.
 *
 * @category running
 */
export const wasInterrupted = <A, E>(exit: Exit.Exit<A, E>): boolean =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
