import { type FaultableCall, type FaultKind, type FaultPlan, faultsByCall, type ScriptedFault } from "./FaultPlan.ts"
import type { SeededRandom } from "./SeededRandom.ts"

/** The plan of one process, drawn from the kernel's generator. */
export class FaultInjector {
  readonly #random: SeededRandom
  readonly #counts: Map<FaultKind, number>
  readonly #processName: string
  readonly #isPaused: () => boolean
  readonly #rates = new Map<string, ReadonlyArray<readonly [FaultKind, number]>>()
  readonly #script: ReadonlyArray<ScriptedFault>

  constructor(
    processName: string,
    plan: FaultPlan,
    random: SeededRandom,
    counts: Map<FaultKind, number>,
    isPaused: () => boolean
  ) {
    this.#processName = processName
    this.#random = random
    this.#counts = counts
    this.#isPaused = isPaused
    this.#script = plan.script ?? []
    checkPlan(plan)
    for (const [call, kinds] of Object.entries(faultsByCall)) {
      const rates: Array<readonly [FaultKind, number]> = []
      for (const kind of kinds) {
        const rate = ratesOf(plan)[`${call}.${kind}`] ?? ratesOf(plan)[kind] ?? 0
        if (rate > 0) rates.push([kind, rate])
      }
      this.#rates.set(call, rates)
    }
  }

  /** The fault for the `nth` call of this name, if any is due; whoever lets it happen says so to `injected`. */
  draw(call: string, nth: number): FaultKind | undefined {
    for (const each of this.#script) {
      const isHere = each.call === call && each.nth === nth
      if (isHere && (each.process === undefined || each.process === this.#processName)) return each.fault
    }
    if (this.#isPaused()) return undefined
    for (const [kind, rate] of this.#rates.get(call) ?? []) if (this.#random.chance(rate)) return kind
    return undefined
  }

  injected(kind: FaultKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }
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
