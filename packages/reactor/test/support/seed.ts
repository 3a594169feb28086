const { FAST_CHECK_SEED: given } = Bun.env

/** The seed of this run's property tests: the environment's, or always the same one, so that a failure can be had again. */
export const seed = given === undefined ? 19_112_024 : Number.parseInt(given, 10)

/** Says how to replay a test file with this run's seed. */
export const printSeed = (file: string): void => {
  console.log(`seed ${seed}; replay: cd packages/reactor && FAST_CHECK_SEED=${seed} bun run test test/${file}`)
}
