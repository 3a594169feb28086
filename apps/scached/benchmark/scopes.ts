/**
 * What it costs to have a Scope close a cached descriptor: a save and a hand-over in each of three forms, without the rest of the daemon.
 *
 * `bun run benchmark/scopes.ts [CYCLES]`
 */

import { type Descriptor, KernelSystemCalls, SystemCalls } from "@scached/fdpass"
import { Effect, Exit, Scope } from "effect"
import { CachedDescriptor } from "../src/cache/CachedDescriptor.ts"
import { ExpirySlots } from "../src/cache/expiry/ExpirySlots.ts"

const rounds = 9
const cycles = Number(process.argv[2] ?? 200_000)
const ttlMillis = 60_000
/** Connections that rest at the same time. */
const resting = 64
/** Cycles a millisecond of the clock, as 64 clients have them. */
const cyclesPerMilli = 100

const calls = Effect.runSync(Effect.provide(SystemCalls, KernelSystemCalls.layer))
let unusedNumber = 10_000_000
const unused = (): Descriptor => calls.adopt(unusedNumber++)
const owner: ConstructorParameters<typeof CachedDescriptor>[1] = {
  parting: "silent",
  silent: undefined,
  savedBy: undefined,
  calls,
  onStirred: () => {}
}

let nowMillis = 0
const parent = Scope.makeUnsafe()
const slots = new ExpirySlots(parent, () => {})

interface Kept {
  readonly cached: CachedDescriptor
  readonly scope: Scope.Closeable | undefined
}

interface Form {
  readonly name: string
  readonly save: (cached: CachedDescriptor, nowMillis: number) => Kept
  readonly handOver: (kept: Kept) => void
}

const forms: ReadonlyArray<Form> = [
  {
    name: "no Scope",
    save: (cached) => ({ cached, scope: undefined }),
    handOver: ({ cached }) => cached.descriptor.surrender()
  },
  {
    name: "a Scope for each stretch of 50 ms in which a ttl ends",
    save: (cached, nowMillis) => {
      slots.put(cached, nowMillis + ttlMillis, nowMillis)
      return { cached, scope: undefined }
    },
    handOver: ({ cached }) => {
      slots.take(cached)
      cached.descriptor.surrender()
    }
  },
  {
    name: "a Scope for each connection",
    save: (cached) => {
      const scope = Scope.forkUnsafe(parent)
      const release = Effect.sync(() => cached.descriptor.surrender())
      Effect.runSync(Scope.addFinalizer(scope, release))
      return { cached, scope }
    },
    handOver: ({ scope }) => {
      if (scope !== undefined) Effect.runSync(Scope.close(scope, Exit.void))
    }
  }
]

const nanosPerCycle = ({ save, handOver }: Form): number => {
  const kept: Array<Kept> = []
  const begun = Bun.nanoseconds()
  for (let cycle = 0; cycle < cycles; cycle++) {
    if (cycle % cyclesPerMilli === 0) nowMillis++
    kept.push(save(new CachedDescriptor(unused(), owner), nowMillis))
    if (kept.length < resting) continue
    const index = cycle % resting
    const [taken] = kept.splice(index, 1)
    if (taken !== undefined) handOver(taken)
  }
  const nanos = (Bun.nanoseconds() - begun) / cycles
  for (const each of kept) handOver(each)
  return nanos
}

const measured = forms.map((): Array<number> => [])
for (let round = 0; round <= rounds; round++) {
  // The first one warms up.
  for (const [index, form] of forms.entries()) {
    const nanos = nanosPerCycle(form)
    if (round > 0) measured[index]?.push(nanos)
  }
}
for (const [index, { name }] of forms.entries()) {
  const sorted = measured[index]?.sort((a, b) => a - b) ?? []
  console.log(`${name}: ${sorted[rounds >> 1]?.toFixed(0)} ns a cycle, fastest ${sorted[0]?.toFixed(0)}`)
}
