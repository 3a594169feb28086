import { mkdtempSync, openSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Descriptor,
  Errno,
  KernelSystemCalls,
  type Outcome,
  SystemCalls,
  type SystemCallsShape
} from "@scached/fdpass"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { EventLoop, noHost, Reactor } from "@scached/reactor"
import { Effect, Exit, Scope } from "effect"
import * as CacheServer from "../../../src/cache/CacheServer.ts"
import { Journal } from "../../../src/log/Journal.ts"
import type { CacheSettings } from "../../../src/settings/CacheSettings.ts"
import { difference, type OpenFiles, openFiles } from "./OpenFiles.ts"

/** A descriptor, and which open file is behind it. */
export interface Opened {
  readonly descriptor: Descriptor
  readonly file: string
}

const kernelCalls = Effect.runSync(SystemCalls.pipe(Effect.provide(KernelSystemCalls.layer)))

// The thread's ring is made once and kept: before anybody counts.
kernelCalls.makeCallBatch(1, "always")

/** Turns within which the daemon has done all that it can do at a moment. */
const turnsMax = 12

/** The result of a call that must succeed. */
export const must = <A>(result: A | number): A => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  return result
}

const mustBeDone = (outcome: Outcome): void => {
  if (outcome < 0) throw new Error(`a system call failed with errno ${-outcome}`)
}

/** How the daemon's calls are made: those that io_uring makes do not fail unless the kernel lets them. */
const batching = (
  how: "singly" | "together" | "by io_uring",
  calls: SystemCallsShape
): SystemCallsShape["makeCallBatch"] => {
  if (how === "singly") return () => undefined
  if (how === "by io_uring") return (capacity) => kernelCalls.makeCallBatch(capacity, "always")
  return (capacity) => new SimulatedSystemCalls.OneByOneBatch(calls, capacity)
}

/**
 * The daemon on the real kernel, in this process: its loop turns when it is told to and never waits, and its clock is ours. Whoever
 * drives it has the other ends of all that it has open.
 */
export class KernelMachine {
  /** For clients: without faults. */
  readonly calls: SystemCallsShape = kernelCalls
  readonly server: CacheServer.CacheServer
  readonly path: string
  /** What was open when the daemon had started: its own, and what does not matter. */
  readonly filesAtStart: OpenFiles
  readonly #filesBefore: OpenFiles
  readonly #directory: string
  readonly #listener: Descriptor
  readonly #loop: EventLoop
  readonly #scope = Effect.runSync(Scope.make())
  #nowMillis = 1_000
  #filesMade = 0
  #faultRate = 0

  /** Some of the daemon's calls fail, since of the real kernel there is no telling when it refuses. */
  constructor(settings: CacheSettings, random: SimulatedSystemCalls.SeededRandom, faultRate: number) {
    this.#filesBefore = openFiles()
    this.#directory = mkdtempSync(join(tmpdir(), "scached-leaks-"))
    this.path = join(this.#directory, "socket")
    this.#listener = must(this.calls.socket())
    mustBeDone(this.calls.bind(this.#listener, this.path))
    mustBeDone(this.calls.listen(this.#listener, 64))
    const calls = this.#daemonCalls(random)
    this.#loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
    const silent = { info: () => {}, warning: () => {}, verbose: () => {}, isVerbose: false }
    this.server = Effect.runSync(
      CacheServer.make([this.#listener], settings).pipe(
        Effect.provideService(Reactor, this.#loop),
        Effect.provideService(Journal, silent),
        Effect.provideService(Scope.Scope, this.#scope)
      )
    )
    this.filesAtStart = openFiles()
    this.#faultRate = faultRate
  }

  get nowMillis(): number {
    return this.#nowMillis
  }

  /** Lets time pass for the daemon, which notices it with its next turn. */
  pass(millis: number): void {
    this.#nowMillis += millis
  }

  /** Lets the daemon do all that it can do at this moment, and the kernel close what it was told to. */
  async settle(): Promise<void> {
    for (let left = turnsMax; left > 0; left--) {
      // With something to do it does not wait.
      this.#loop.defer(() => {})
      this.#loop.turn()
    }
    while (this.calls.closesUnderWay() > 0) {
      this.calls.hurryCloses()
      // Where the closes are Bun's, their end is told in its own loop.
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  /** Which open file is behind a descriptor. */
  identify(descriptor: Descriptor): Opened {
    const number = descriptor.surrender()
    return { descriptor: this.calls.adopt(number), file: readlinkSync(`/proc/self/fd/${number}`) }
  }

  /** Two ends of a connection. */
  connection(): readonly [Opened, Opened] {
    const [near, far] = must(this.calls.socketPair())
    return [this.identify(near), this.identify(far)]
  }

  /** Something that is no socket. */
  file(): Opened {
    const number = openSync(join(this.#directory, `file ${this.#filesMade++}`), "w")
    return this.identify(this.calls.adopt(number))
  }

  /** A client's socket, connected. */
  client(): Opened {
    const socket = must(this.calls.socket())
    mustBeDone(this.calls.connect(socket, this.path))
    return this.identify(socket)
  }

  /** Ends the daemon; the result is what is left open then, and what is missing. Clients must have closed theirs. */
  async close(): Promise<OpenFiles> {
    this.#faultRate = 0
    Effect.runSync(Scope.close(this.#scope, Exit.void))
    await this.settle()
    this.#loop.close()
    this.#listener.close()
    rmSync(this.#directory, { recursive: true })
    return difference(openFiles(), this.#filesBefore)
  }

  /** After a failure: leaves all as it is but the files. */
  abandon(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #daemonCalls(random: SimulatedSystemCalls.SeededRandom): SystemCallsShape {
    const failing =
      <A extends ReadonlyArray<unknown>>(errnos: ReadonlyArray<number>, call: (...args: A) => Outcome) =>
      (...args: A): Outcome =>
        random.chance(this.#faultRate) ? -random.pick(errnos) : call(...args)
    const { EAGAIN, EINTR, ENOBUFS, ENOMEM, ENOSPC, ETOOMANYREFS } = Errno
    const calls: SystemCallsShape = {
      ...kernelCalls,
      monotonicMillis: () => this.#nowMillis,
      receive: failing([EINTR, EAGAIN], kernelCalls.receive),
      send: failing([EINTR, EAGAIN, ENOBUFS], kernelCalls.send),
      sendDescriptor: failing([EINTR, EAGAIN, ETOOMANYREFS], kernelCalls.sendDescriptor),
      epollAdd: failing([ENOSPC, ENOMEM], kernelCalls.epollAdd),
      poll: failing([EINTR, ENOMEM], kernelCalls.poll),
      look: failing([EINTR], kernelCalls.look)
    }
    return { ...calls, makeCallBatch: batching(random.pick(["singly", "together", "by io_uring"]), calls) }
  }
}
