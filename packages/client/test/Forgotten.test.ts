/** What becomes of a connection that was found and then forgotten. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { CacheProcess } from "./support/CacheProcess.ts"

test("it is closed once the garbage collector comes upon it, and warned of once", async () => {
  await using cache = await CacheProcess.start()
  const program = join(import.meta.dir, "programs/forgets.ts")
  const child = Bun.spawn([process.execPath, program, cache.path, "8"], { stdio: ["ignore", "pipe", "ignore"] })
  const printed = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  expect(printed).toBe("ScachedWarning: a connection that was found in the cache was neither used nor closed\n")
})
