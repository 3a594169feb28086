/** What a program does while the turns of its loop are measured. */
export interface Load {
  /** How many operations it has done. */
  readonly operations: () => number
  readonly stop: () => Promise<unknown>
}

/** Workers that do one operation after the other each. */
export const workers = (works: ReadonlyArray<() => Promise<unknown>>): Load => {
  let isOver = false
  let operations = 0
  const working = works.map(async (work) => {
    while (!isOver) {
      await work()
      operations++
    }
  })
  return {
    operations: () => operations,
    stop: () => {
      isOver = true
      return Promise.all(working)
    }
  }
}
