/** A simulated machine for the parts that talk to it. */

import { ProcessCalls } from "@scached/daemon"
import { processCallsOf } from "@scached/daemon/testing"
import type { Descriptor } from "@scached/fdpass"
import { type KernelOptions, SimulatedKernel, type SimulatedProcess } from "@scached/fdpass/testing"
import { Reactors } from "@scached/reactor"
import { Effect, Exit, type Scope } from "effect"

export const must = <A>(result: A | number): A => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  return result
}

export interface Stage {
  readonly kernel: SimulatedKernel
  /** The program under test. */
  readonly daemon: SimulatedProcess
  /** Whoever else is on the machine. */
  readonly other: SimulatedProcess
}

/** Runs a program on a simulated machine, and holds that it leaves nothing open. */
export const simulate = <A, E>(
  program: (stage: Stage) => Effect.Effect<A, E, Reactors.Services | ProcessCalls | Scope.Scope>,
  options: Partial<KernelOptions> = {}
): A => {
  const kernel = new SimulatedKernel({ seed: 42, ...options })
  const daemon = kernel.process("daemon")
  const other = kernel.process("other")
  const whole = Effect.scoped(program({ kernel, daemon, other })).pipe(
    Effect.provideService(ProcessCalls, processCallsOf(daemon))
  )
  const exit = Reactors.runSimulated(whole, daemon.calls)
  if (daemon.openCount > 0 || kernel.violations.length > 0) throw new Error(kernel.describe())
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(String(exit.cause))
}

/** A logger at a path, which reads when it is asked to. */
export class Logger {
  readonly process: SimulatedProcess
  readonly path: string
  #socket: Descriptor

  constructor(process: SimulatedProcess, path = "/run/log") {
    this.process = process
    this.path = path
    this.#socket = this.#bind()
  }

  read(): ReadonlyArray<string> {
    const buffer = this.process.calls.makeReceiveBuffer(4096)
    const texts: Array<string> = []
    for (;;) {
      const count = this.process.calls.receive(this.#socket, buffer)
      if (count < 0) return texts
      texts.push(buffer.bytes.toString("latin1", 0, count))
    }
  }

  stop(): void {
    this.#socket.close()
    this.process.calls.unlink(this.path)
  }

  startAgain(): void {
    this.#socket = this.#bind()
  }

  #bind(): Descriptor {
    const socket = must(this.process.calls.datagramSocket())
    const outcome = this.process.calls.bind(socket, this.path)
    if (outcome < 0) throw new Error(`the logger cannot bind: errno ${-outcome}`)
    return socket
  }
}
