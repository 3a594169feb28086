/** A simulated machine with a loop of ours on it, and what the tests ask of it. */
import { type Descriptor, Readiness, type SystemCallError } from "@scached/fdpass"
import { type KernelOptions, OneByOneBatch, SimulatedKernel, type SimulatedProcess } from "@scached/fdpass/testing"
import { type Cause, type Effect, Exit } from "effect"
import { Channel, type ChannelHandler, EventLoop, type Member, makeMember, noHost, Reactors } from "../../src/index.ts"

export const must = <A>(result: A | number): A => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  return result
}

/** Has the loop call `run` whenever there is something to read. */
export const watchReads = (loop: EventLoop, descriptor: Descriptor, run: () => void): Member => {
  const member = makeMember(descriptor, run)
  const outcome = loop.watch(member, Readiness.readable)
  if (outcome < 0) throw new Error(`not watched: errno ${-outcome}`)
  return member
}

export interface Machine {
  readonly kernel: SimulatedKernel
  readonly process: SimulatedProcess
  readonly loop: EventLoop
  /** Turns the loop that many times. */
  readonly turn: (count?: number) => void
  readonly pair: () => readonly [Descriptor, Descriptor]
  /** Closes the loop and holds that no descriptor is left open and none was misused. */
  readonly end: () => void
}

/** Whether a turn's calls are made together, as far as the loop can tell. */
export const bothWays = [
  { way: "one by one", isBatching: false },
  { way: "together", isBatching: true }
] as const

export const makeMachine = (options: Partial<KernelOptions> & { readonly isBatching?: boolean } = {}): Machine => {
  const { isBatching = false, ...kernelOptions } = options
  const kernel = new SimulatedKernel({ seed: 42, ...kernelOptions })
  const process = kernel.process("reactor")
  const { calls } = process
  const together = { ...calls, makeCallBatch: (capacity: number) => new OneByOneBatch(calls, capacity) }
  const loop = new EventLoop(isBatching ? together : calls, must(calls.epollCreate()), noHost)
  if (isBatching) loop.batchCalls("always", () => 100_000)
  return {
    kernel,
    process,
    loop,
    turn: (count = 1) => {
      for (let left = count; left > 0; left--) {
        // Something is always to do, so that a turn never waits.
        loop.defer(() => {})
        loop.turn()
      }
    },
    pair: () => must(process.calls.socketPair()),
    end: () => {
      loop.close()
      expectClean(kernel, process)
    }
  }
}

export const expectClean = (kernel: SimulatedKernel, process: SimulatedProcess): void => {
  if (process.openCount > 0 || kernel.violations.length > 0) throw new Error(kernel.describe())
}

/** Runs a program on a simulated machine to its success, and holds that it left nothing open. */
export const simulate = <A, E>(
  program: (machine: {
    readonly kernel: SimulatedKernel
    readonly process: SimulatedProcess
  }) => Effect.Effect<A, E, Reactors.Services>,
  options: Partial<KernelOptions> = {}
): A => {
  const exit = simulateExit(program, options)
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(String(exit.cause satisfies Cause.Cause<E>))
}

export const simulateExit = <A, E>(
  program: (machine: {
    readonly kernel: SimulatedKernel
    readonly process: SimulatedProcess
  }) => Effect.Effect<A, E, Reactors.Services>,
  options: Partial<KernelOptions> = {}
): Exit.Exit<A, E> => {
  const kernel = new SimulatedKernel({ seed: 42, ...options })
  const process = kernel.process("reactor")
  const exit = Reactors.runSimulated(program({ kernel, process }), process.calls)
  expectClean(kernel, process)
  return exit
}

/** Notes what a channel tells; `on` may react. */
export class Notes implements ChannelHandler {
  readonly readsTogether = true
  readonly events: Array<string> = []
  readonly on: Partial<ChannelHandler>

  constructor(on: Partial<ChannelHandler> = {}) {
    this.on = on
  }

  onReceive(bytes: Uint8Array, descriptor: Descriptor | undefined, wasTruncated: boolean): void {
    const mark = `${descriptor === undefined ? "" : "+descriptor"}${wasTruncated ? "+truncated" : ""}`
    this.events.push(`${Buffer.from(bytes).toString("latin1")}${mark}`)
    if (this.on.onReceive !== undefined) this.on.onReceive(bytes, descriptor, wasTruncated)
    else descriptor?.close()
  }

  onDrained(): void {
    this.events.push("drained")
    this.on.onDrained?.()
  }

  onBlocked(): void {
    this.events.push("blocked")
    this.on.onBlocked?.()
  }

  onEnd(error: SystemCallError | undefined): void {
    this.events.push(error === undefined ? "end" : `end ${error.errnoName}`)
    this.on.onEnd?.(error)
  }
}

export const openChannel = (loop: EventLoop, socket: Descriptor, handler: ChannelHandler, max = 65_536): Channel => {
  const channel = Channel.open(loop, socket, handler, max)
  if (!(channel instanceof Channel)) throw channel
  return channel
}

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1")

/** Reads everything that is there, as text, with `#` for each descriptor, which is closed. */
export const readAll = (process: SimulatedProcess, socket: Descriptor): string => {
  const buffer = process.calls.makeReceiveBuffer(65_536)
  let text = ""
  for (;;) {
    const count = process.calls.receive(socket, buffer)
    const descriptor = buffer.takeDescriptor()
    descriptor?.close()
    if (count <= 0) return text
    text += Buffer.from(buffer.bytes.subarray(0, count)).toString("latin1") + (descriptor === undefined ? "" : "#")
  }
}
