/** What a soak takes for a failure. */
import { describe, expect, test } from "bun:test"
import { courseOf, failuresOf, type Sample, type SoakReport } from "../src/SoakReport.ts"

const sample = (second: number, changes: Partial<Sample> = {}): Sample => ({
  second,
  delivered: second,
  pid: 2,
  descriptors: 100,
  clients: 5,
  cached: 78,
  lasting: 20,
  residentKib: 60_000,
  ...changes
})

const samplesOf = (changes: (second: number) => Partial<Sample>): ReadonlyArray<Sample> =>
  Array.from({ length: 90 }, (_, second) => sample(second, changes(second)))

const good: SoakReport = {
  accepted: 10,
  delivered: 10,
  lost: 0,
  stuck: [],
  explainedCopies: 1,
  unexplainedCopies: 0,
  reused: 5,
  faults: new Map([["no descriptors left (EMFILE)", 3]]),
  samples: samplesOf(() => ({})),
  descriptorsBefore: 17,
  descriptorsAfter: 17,
  open: "",
  unexplained: [],
  residentKibMax: 60_000,
  descriptorWants: 3,
  wrongEnds: [],
  internalErrors: []
}

test("a good run has no failure", () => expect(failuresOf(good)).toEqual([]))

describe("each of these is one", () => {
  for (const [changes, failure] of [
    [{ lost: 1 }, "1 mails are lost"],
    [{ stuck: ["4abc; deferred"] }, "a mail does not leave its queue: 4abc; deferred"],
    [{ unexplainedCopies: 2 }, "2 mails came twice"],
    [{ descriptorsAfter: 18, open: "3=pipe" }, "18 descriptors are open at rest, 17 before: 3=pipe"],
    [{ unexplained: ["4=x is there twice"] }, "a descriptor under load: 4=x is there twice"],
    [{ residentKibMax: 150_000 }, "scached had 150000 KiB of memory"],
    [{ descriptorWants: 0 }, "scached never was without descriptors: the fault did not take place"],
    [{ reused: 0 }, "no connection was used twice: the cache was not at work"],
    [{ wrongEnds: ["scached ended with 139 at SIGTERM"] }, "scached ended with 139 at SIGTERM"],
    [{ internalErrors: ["internal error: x"] }, "internal error: x"]
  ] as const) {
    test(failure, () => expect(failuresOf({ ...good, ...changes })).toEqual([failure]))
  }
})

describe("growth of the scached that lives to the end", () => {
  const failures = (changes: (second: number) => Partial<Sample>) =>
    failuresOf({ ...good, samples: samplesOf(changes) })

  test("of descriptors, an even one", () => {
    expect(failures((second) => ({ lasting: 20 + Math.floor(second / 5) }))).toEqual([
      "descriptors that last grow: 23, 29, 35"
    ])
    expect(failures((second) => ({ lasting: 20 + (second % 10), descriptors: 100 + second }))).toEqual([])
  })

  test("of memory, an even one; not of the first third", () => {
    expect(failures((second) => ({ residentKib: 40_000 + 500 * second }))).toEqual([
      "memory grows: 47500, 62500, 77500 KiB"
    ])
    expect(failures((second) => ({ residentKib: Math.min(60_000, 30_000 + 1_000 * second) }))).toEqual([])
  })

  test("those before it do not count, and peaks neither", () => {
    const samples = samplesOf((second) =>
      second < 30 ? { pid: 1, lasting: 1 } : second % 7 === 0 ? { lasting: 900 } : {}
    )
    expect(courseOf({ ...good, samples }).lasting).toEqual([20, 20, 20])
    expect(failuresOf({ ...good, samples })).toEqual([])
  })
})
