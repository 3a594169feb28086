/** What a request leaves to the collector: bytes, not time, and the same on every machine but for how often an answer is waited for. */
import { expect, test } from "bun:test"
import { join } from "node:path"

/** Of a request, with a margin: half as much again as was measured. A fiber for each would be over it. */
const bytesMax = new Map([
  ["a find that finds nothing", 2100],
  ["the same with Effect", 7500],
  ["a save, or the find of what was saved", 4000],
  ["a find that finds nothing, 20 at once", 2300]
])

test("a request leaves little to the collector", async () => {
  const command = [process.execPath, join(import.meta.dir, "../benchmark/garbage.ts")]
  const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"] })
  const text = await new Response(child.stdout).text()
  const found = new Map([...text.matchAll(/^(\S.*?) +(\d+)$/gm)].map(([, what = "", bytes]) => [what, Number(bytes)]))
  // Even to await a turn leaves something: what is measured is not nothing.
  expect(found.get("a turn of the loop, and no request")).toBeGreaterThan(50)
  for (const [what, limit] of bytesMax) {
    expect(found.get(what)).toBeGreaterThan(200)
    expect(found.get(what)).toBeLessThan(limit)
  }
}, 60_000)
