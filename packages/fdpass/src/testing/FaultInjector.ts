import { type FaultableCall, type FaultKind, type FaultPlan, faultsByCall, type ScriptedFault } from "./FaultPlan.ts"
import type { SeededRandom } from "./SeededRandom.ts"

type Rates = ReadonlyMap<string, ReadonlyArray<readonly [FaultKind, number]>>

/** What was made of each plan: one may serve the hundred clients of a scenario, and thousands of scenarios. */
const ratesByPlan = new WeakMap<FaultPlan, Rates>()

/** The plan of one process, drawn from the kernel's generator. */
export class FaultInjector {
  readonly #random: SeededRandom
  readonly #kernelCounts: Map<FaultKind, number>
  readonly #counts = new Map<string, number>()
  readonly #processName: string
  readonly #isPaused: () => boolean
  readonly #rates: Rates
  readonly #script: ReadonlyArray<ScriptedFault>
  /** The call of the last draw: what is injected is injected into it. */
  #drawn = ""

  constructor(
    processName: string,
    plan: FaultPlan,
    random: SeededRandom,
    kernelCounts: Map<FaultKind, number>,
    isPaused: () => boolean
  ) {
    this.#processName = processName
    this.#random = random
    this.#kernelCounts = kernelCounts
    this.#isPaused = isPaused
    this.#script = plan.script ?? []
    this.#rates = ratesByPlan.get(plan) ?? readPlan(plan)
  }

  /** How often each fault has happened in each call, by keys such as `receive.notReady`. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** The fault for the `nth` call of this name, if any is due; the code that makes it happen calls `injected`. */
  draw(call: string, nth: number): FaultKind | undefined {
    this.#drawn = call
    for (const each of this.#script) {
      const isHere = each.call === call && each.nth === nth
      if (isHere && (each.process === undefined || each.process === this.#processName)) return each.fault
    }
    if (this.#isPaused()) return undefined
    for (const [kind, rate] of this.#rates.get(call) ?? []) if (this.#random.chance(rate)) return kind
    return undefined
  }

  injected(kind: FaultKind): void {
    const key = `${this.#drawn}.${kind}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.#kernelCounts.set(kind, (this.#kernelCounts.get(kind) ?? 0) + 1)
  }
}

const readPlan = (plan: FaultPlan): Rates => {
  checkPlan(plan)
  const rates = new Map<string, ReadonlyArray<readonly [FaultKind, number]>>()
  for (const [call, kinds] of Object.entries(faultsByCall)) {
    const own: Array<readonly [FaultKind, number]> = []
    for (const kind of kinds) {
      const rate = ratesOf(plan)[`${call}.${kind}`] ?? ratesOf(plan)[kind] ?? 0
      if (rate > 0) own.push([kind, rate])
    }
    rates.set(call, own)
  }
  ratesByPlan.set(plan, rates)
  return rates
}

const ratesOf = (plan: FaultPlan): Readonly<Record<string, number | undefined>> => plan.rates ?? {}

/** A plan that can never come true would make a test look stricter than it is. */
const checkPlan = (plan: FaultPlan): void => {
  const allowed = (call: FaultableCall): ReadonlyArray<FaultKind> => faultsByCall[call]
  const calls = Object.keys(faultsByCall) as Array<FaultableCall>
  const known = new Set<string>(calls.flatMap((call) => allowed(call).flatMap((kind) => [kind, `${call}.${kind}`])))
  for (const [key, rate] of Object.entries(ratesOf(plan))) {
    if (!known.has(key)) throw new RangeError(`no simulated call fails with ${key}`)
    if (rate === undefined || !(rate >= 0 && rate <= 1)) throw new RangeError(`${key}: ${rate} is not a probability`)
  }
  for (const each of plan.script ?? []) {
    if (!allowed(each.call).includes(each.fault)) throw new RangeError(`${each.call} does not fail with ${each.fault}`)
  }
}
