/** The service mode's stage: a machine on which master(8) starts the service, in virtual time. */
import { ProcessCalls } from "@scached/daemon"
import { processCallsOf } from "@scached/daemon/testing"
import type { Descriptor } from "@scached/fdpass"
import { type ProcessOptions, SimulatedKernel, type SimulatedProcess } from "@scached/fdpass/testing"
import { Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"
import * as Service from "../../src/master/service.ts"
import { ProcessSignals } from "../../src/process/ProcessSignals.ts"
import { linesOfScache } from "../support/Master.ts"

export const must = <A>(result: A | number): A => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  return result
}

export const list = (...pairs: ReadonlyArray<readonly [string, string]>) =>
  Buffer.from(`${pairs.map(([name, value]) => `${name}\0${value}\0`).join("")}\0`, "latin1")

/** A machine with a queue directory, a configuration, a user, master(8) and a logger that reads all it gets. */
export class Stage {
  readonly kernel = new SimulatedKernel({ seed: 7, wallStartMillis: Date.UTC(2024, 10, 22, 12) })
  readonly master: SimulatedProcess
  readonly daemon: SimulatedProcess
  readonly log: Array<string> = []
  readonly #status: Descriptor

  constructor(settings: Readonly<Record<string, string>>, options: ProcessOptions = {}) {
    const { kernel } = this
    for (const path of ["/q", "/q/public", "/q/private", "/conf", "/etc", "/dev"]) kernel.makeFile(path, "directory")
    const all: Record<string, string> = { queue_directory: "/q", syslog_name: "lab", ...settings }
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`)
    kernel.makeFile("/conf/main.cf", "other", { text: lines.join("") })
    kernel.makeFile("/etc/passwd", "other", { text: "root:x:0:0::/:\npostfix:x:102:103::/:\n" })
    this.master = kernel.process("master")
    this.daemon = kernel.process("daemon", { pid: 77, ...options })
    this.#status = this.#pass()
    this.#startLogger("/q/public/postlog")
    this.#startLogger("/dev/log")
  }

  /** Runs the service to its end; `GENERATION` and so on are as master sets them. */
  run(
    words: ReadonlyArray<string>,
    environment: Readonly<Record<string, string>> = {},
    processName = "scached",
    signals = new ProcessSignals()
  ): number {
    const invocation = {
      // Most tests are not about the other lines. What stands behind it has the last say.
      words: [...linesOfScache, ...words],
      processName,
      environment: { MAIL_CONFIG: "/conf", GENERATION: "3", ...environment }
    }
    const program = Service.run(invocation, signals).pipe(
      Effect.provideService(ProcessCalls, processCallsOf(this.daemon))
    )
    const exit = Reactors.runSimulated(program, this.daemon.calls)
    this.kernel.settle()
    if (this.kernel.violations.length > 0) throw new Error(this.kernel.describe())
    if (Exit.isSuccess(exit)) return exit.value
    throw new Error(String(exit.cause))
  }

  /** Does something at a time. */
  at(millis: number, name: string, run: () => void): void {
    this.kernel.addActor({
      name,
      step: () => {
        if (this.kernel.nowMillis < millis) return { wakeAtMillis: millis }
        run()
        return "done"
      }
    })
  }

  /** A client's socket, which has just connected. */
  connect(): Descriptor {
    const socket = must(this.master.calls.socket())
    const outcome = this.master.calls.connect(socket, "/q/private/scache")
    if (outcome < 0) throw new Error(`connect: errno ${-outcome}`)
    return socket
  }

  read(socket: Descriptor): string {
    const buffer = this.master.calls.makeReceiveBuffer(4096)
    const count = this.master.calls.receive(socket, buffer)
    return count < 0 ? `errno ${-count}` : buffer.bytes.toString("latin1", 0, count)
  }

  /** What the daemon wrote to its status channel, as numbers. */
  statusMessages(): ReadonlyArray<number> {
    const buffer = this.master.calls.makeReceiveBuffer(4096)
    const count = this.master.calls.receive(this.#status, buffer)
    return Array.from({ length: Math.max(0, count) / 4 }, (_, index) => buffer.bytes.readInt32LE(index * 4))
  }

  #pass(): Descriptor {
    const { calls } = this.master
    const [ours, theirs] = must(calls.socketPair())
    const listener = must(calls.socket())
    calls.bind(listener, "/q/private/scache")
    calls.changeMode("/q/private/scache", 0o666)
    calls.listen(listener, 100)
    this.daemon.inherit(this.master, theirs, 5)
    this.daemon.inherit(this.master, listener, 6)
    theirs.close()
    return ours
  }

  #startLogger(path: string): void {
    const logger = this.kernel.process(`the logger at ${path}`)
    const socket = must(logger.calls.datagramSocket())
    logger.calls.bind(socket, path)
    logger.calls.changeMode(path, 0o666)
    const buffer = logger.calls.makeReceiveBuffer(4096)
    this.kernel.addActor({
      name: logger.name,
      step: () => {
        const count = logger.calls.receive(socket, buffer)
        if (count < 0) return "idle"
        this.log.push(buffer.bytes.toString("latin1", 0, count))
        return "moved"
      }
    })
  }
}
