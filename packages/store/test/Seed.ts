const { FAST_CHECK_SEED: given } = Bun.env

/** The seed of this run's property tests: the environment's, or a new one. */
export const seed = given === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number.parseInt(given, 10)

/** Says how to replay a test file with this run's seed. */
export const printSeed = (file: string): void => {
  console.log(`seed ${seed}; replay: cd packages/store && FAST_CHECK_SEED=${seed} bun test test/${file}`)
}
