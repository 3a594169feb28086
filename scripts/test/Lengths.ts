/**
 * How long each part took: what the expected length is made of, and the order of the tests.
 *
 * The last run on this machine counts. Before there is one, those of another machine do, from lengths.json.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Part, root } from "./Part.ts"

type Seconds = Readonly<Record<string, number>>

const measuredHere = join(root, "node_modules/.cache/scached/test-lengths.json")
export const measuredElsewhere = join(import.meta.dir, "lengths.json")

const load = (path: string): Seconds => {
  try {
    const content: unknown = JSON.parse(readFileSync(path, "utf8"))
    if (typeof content !== "object" || content === null) return {}
    return Object.fromEntries(Object.entries(content).filter(([, seconds]) => typeof seconds === "number"))
  } catch {
    // It is not there yet, or it is damaged: then nothing is known.
    return {}
  }
}

const save = (path: string, lengths: Seconds): void => {
  mkdirSync(dirname(path), { recursive: true })
  const sorted = Object.fromEntries(
    Object.entries(lengths)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([part, seconds]) => [part, Math.round(seconds * 10) / 10])
  )
  writeFileSync(path, `${JSON.stringify(sorted, null, 2)}\n`)
}

const here = load(measuredHere)
const known: Seconds = { ...load(measuredElsewhere), ...here }

/** The expected seconds of a part; a part that never ran is taken for a short one. */
export const secondsOf = ({ name }: Part): number => known[name] ?? 10

export const isMeasuredHere = (chosen: ReadonlyArray<Part>): boolean => chosen.every(({ name }) => name in here)

/** Keeps what was measured, for the next run here, or for all machines. */
export const keep = (lengths: Seconds, where: "here" | "everywhere"): void => {
  const path = where === "here" ? measuredHere : measuredElsewhere
  save(path, { ...load(path), ...lengths })
}

/** How many parts with tests run at once. More of them than processors would only make each other slow. */
export const lanes = 2

/** The parts with tests, longest first: so the lanes end at about the same moment. */
export const inOrder = (chosen: ReadonlyArray<Part>): ReadonlyArray<Part> =>
  chosen.filter(({ kind }) => kind === "tests").toSorted((one, other) => secondsOf(other) - secondsOf(one))

/** The expected seconds of a run. */
export const expectedSeconds = (chosen: ReadonlyArray<Part>): number => {
  const ends = new Array<number>(lanes).fill(0)
  for (const part of inOrder(chosen)) {
    const first = ends.indexOf(Math.min(...ends))
    ends[first] = (ends[first] ?? 0) + secondsOf(part)
  }
  const checks = chosen.filter(({ kind }) => kind === "check").reduce((sum, part) => sum + secondsOf(part), 0)
  return checks + Math.max(...ends)
}

export const inWords = (seconds: number): string =>
  seconds < 90
    ? `${Math.max(1, Math.round(seconds))} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
