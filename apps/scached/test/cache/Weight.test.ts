/** What a cached connection may weigh: a field more than an allocator's size class holds is easily added, and costs 50 bytes for each. */
import { expect, test } from "bun:test"
import { join } from "node:path"

const bytesMax = 650

test(`a cached connection takes at most ${bytesMax} bytes of heap, waiting and watched`, () => {
  // A process of its own: what other tests leave behind would be weighed too.
  const { stdout } = Bun.spawnSync([process.execPath, join(import.meta.dir, "../../benchmark/weight.ts")])
  const [, waiting, watched] = /^(\d+) bytes a connection .*; (\d+) once it is watched$/m.exec(stdout.toString()) ?? []
  expect(Number(waiting)).toBeWithin(1, bytesMax + 1)
  expect(Number(watched)).toBeWithin(1, bytesMax + 1)
})
