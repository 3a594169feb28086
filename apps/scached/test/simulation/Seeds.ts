/** Which seeds to simulate: one to replay, or how many to run. */

const wholeNumber = (variable: string, text: string, min: number): number => {
  const number = Number(text)
  if (/^[0-9]{1,15}$/.test(text) && number >= min) return number
  throw new Error(`${variable}="${text}" is not a whole number from ${min} on: write for instance ${variable}=1234`)
}

/** As many as a run of all tests has time for: a minute of one core. */
export const seedsUsual = 5_000

/** `SCACHED_SEED=1234` replays that one; otherwise those from 0 on, as many as `SCACHED_SIMULATIONS` says. */
export const seedsOf = (
  environment: Readonly<Record<string, string | undefined>>,
  usual = seedsUsual
): ReadonlyArray<number> => {
  const { SCACHED_SEED: seed, SCACHED_SIMULATIONS: count = String(usual) } = environment
  if (seed !== undefined) return [wholeNumber("SCACHED_SEED", seed, 0)]
  return Array.from({ length: wholeNumber("SCACHED_SIMULATIONS", count, 1) }, (_, index) => index)
}
