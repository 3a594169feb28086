/** A few planted bugs in every run; `bun run mutants` tries them all. */
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { tryMutants } from "../src/MutationRun.ts"
import { mutants } from "../src/PlantedMutants.ts"

const timeoutMillis = 180_000

test("every bug of the list can still be planted: its text stands in its file once", () => {
  const root = join(import.meta.dir, "../../..")
  const timesOf = ({ file, find }: (typeof mutants)[number]) =>
    readFileSync(join(root, file), "utf8").split(find).length - 1
  const stale = mutants.filter((each) => timesOf(each) !== 1)
  expect(stale.map(({ name }) => name)).toEqual([])
})

test(
  "planted bugs are caught",
  () => {
    const quick = mutants.filter(({ isQuick }) => isQuick === true)
    expect(quick.length).toBeGreaterThanOrEqual(8)
    const results = tryMutants(quick)
    expect(results.filter(({ outcome }) => outcome !== "caught")).toEqual([])
  },
  timeoutMillis
)

test(
  "what cannot be planted, and what no test catches, is told",
  () => {
    const test = ["packages/protocol/test/TtlSeconds.test.ts"]
    const file = "packages/protocol/src/internal/ttl.ts"
    const gone = { name: "gone", file, find: "a text that is not there", replace: "", tests: test }
    const harmless = { name: "harmless", file, find: "/** What the wire can say at most. */", replace: "", tests: test }
    expect(tryMutants([gone, harmless]).map(({ outcome }) => outcome)).toEqual(["not planted", "survived"])
  },
  timeoutMillis
)
