import { expect, test } from "bun:test"
import { join } from "node:path"
import { findMissing } from "../../src/target/PostfixScache.ts"

const main = join(import.meta.dir, "../../src/main.ts")
const missing = findMissing()
if (missing !== undefined) console.log(`skipped: Postfix's scache is not loaded: ${missing}`)

// Twice, since it left between two rounds when its status channel was one that did not block.
test.skipIf(missing !== undefined)(
  "Postfix's scache is started, loaded in two rounds, found correct and stopped",
  () => {
    const workload = ["--clients", "16", "--operations", "3000", "--warm-up", "0", "--rounds", "2", "--cached", "100"]
    const mix = [
      "--mix",
      "save_endp=3,find_endp=2,save_dest=1,find_dest=1",
      "--endpoints",
      "60",
      "--destinations",
      "20"
    ]
    const child = Bun.spawnSync([
      process.execPath,
      main,
      "run",
      "--postfix",
      "--quiet",
      "--dummy-apart",
      ...workload,
      ...mix
    ])
    expect(child.stderr.toString()).toBe("")
    expect(child.stdout.toString()).toContain("nothing wrong")
    expect(child.exitCode).toBe(0)
  }
)
