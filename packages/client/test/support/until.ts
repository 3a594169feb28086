/** Waits, turn by turn of the event loop, until something holds. The time limit of the test is the only one. */
export const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve))
}
