import fc from "fast-check"

const { FAST_CHECK_SEED: given } = Bun.env

/** The environment's seed, or always the same one, so that a failure can be had again. */
const seed = given === undefined ? 24_022_024 : Number.parseInt(given, 10)

/** Checks a property; a failure says with which seed it comes again. */
export const check = <Values>(property: fc.IPropertyWithHooks<Values>): void => {
  const details = fc.check(property, { seed, numRuns: 200 })
  if (!details.failed) return
  throw new Error(`replay: FAST_CHECK_SEED=${seed} bun test, in apps/scache-bench\n${fc.defaultReportMessage(details)}`)
}
