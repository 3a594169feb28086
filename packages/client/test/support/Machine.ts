import { expect } from "bun:test"
import type { Descriptor, SystemCalls } from "@scached/fdpass"
import { type KernelOptions, SimulatedKernel, type SimulatedProcess } from "@scached/fdpass/testing"
import { Effect, type Exit } from "effect"
import { CacheClients, type ClientOptions, type Readiness, type SettingsError } from "../../src/index.ts"
import { runSimulated } from "./SimulatedProgram.ts"
import { type Conduct, TestCache } from "./TestCache.ts"

export const path = "/run/cache"

/** A simulated machine with a cache on it, and a process that is its client. */
export class Machine {
  readonly kernel: SimulatedKernel
  readonly cache: TestCache
  readonly cacheProcess: SimulatedProcess
  readonly client: SimulatedProcess

  constructor(options: Partial<KernelOptions> & { readonly conduct?: Conduct } = {}) {
    const { conduct, faults, ...rest } = options
    this.kernel = new SimulatedKernel({ seed: 1, ...rest })
    this.cacheProcess = this.kernel.process("cache", { faults: {} })
    this.cache = new TestCache(this.cacheProcess.calls, conduct)
    this.kernel.addActor(this.cache)
    this.cache.listen(path)
    this.client = this.kernel.process("client", faults === undefined ? {} : { faults })
  }

  /** Runs a program with a client of the cache, which is closed at its end. */
  run<A, E>(
    program: (client: CacheClients.CacheClientShape) => Effect.Effect<A, E, SystemCalls>,
    options: Partial<ClientOptions> = {},
    onStep?: (count: number) => void
  ): Exit.Exit<A, E | SettingsError> {
    const whole: Effect.Effect<A, E | SettingsError, SystemCalls | Readiness> = Effect.scoped(
      Effect.flatMap(CacheClients.make({ path, ...options }), program)
    )
    return runSimulated(this.client, whole, onStep)
  }

  /** A connection to be cached, told apart by its label. */
  cargo(label: string): Descriptor {
    return this.client.open(label)
  }

  /** The label of the open file behind a descriptor of the client. */
  labelOf(descriptor: Descriptor): string {
    return this.client.inspect(descriptor).label
  }

  /** Nothing is open in either process, and nothing was closed or used by anybody who did not own it. */
  expectClean(): void {
    this.kernel.pauseFaults()
    this.cache.stop()
    if (this.kernel.violations.length > 0 || this.client.openCount > 0) throw new Error(this.kernel.describe())
    expect(this.cacheProcess.openCount).toBe(0)
  }
}
