/** The contract of the system calls once more, where bun:ffi cannot work and the addon is the gate. */
import { beforeAll, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { buildAddon, isCompilerHere, withoutNewCode } from "./support/withoutNewCode.ts"

/** Those that call bun:ffi themselves, or have programs that do. */
const needNewCode: ReadonlyArray<string> = ["AddonGate.test.ts", "ErrandsHeldUp.test.ts", "HeldUp.test.ts"]

const runConfined = (...words: ReadonlyArray<string>) => {
  const child = Bun.spawnSync([withoutNewCode(), process.execPath, ...words], { cwd: join(import.meta.dir, "..") })
  return { exitCode: child.exitCode, stdout: child.stdout.toString(), stderr: child.stderr.toString() }
}

beforeAll(() => {
  if (isCompilerHere) buildAddon()
})

test.skipIf(!isCompilerHere)("without executable memory the addon is the gate", () => {
  const { stderr, stdout } = runConfined(join(import.meta.dir, "programs/sayGate.ts"))
  expect(stdout).toBe("addon\n")
  expect(stderr).toBe("")
  // With it, bun:ffi is, whether there is an addon or not.
  expect(Bun.spawnSync([process.execPath, join(import.meta.dir, "programs/sayGate.ts")]).stdout.toString()).toBe(
    "bun:ffi\n"
  )
})

test.skipIf(!isCompilerHere)(
  "every test of this package passes through the addon",
  () => {
    const files = readdirSync(import.meta.dir).filter(
      (name) => name.endsWith(".test.ts") && !needNewCode.includes(name)
    )
    expect(files).toContain("SystemCalls.test.ts")
    const { exitCode, stderr } = runConfined("test", "--timeout", "120000", ...files.map((name) => `./test/${name}`))
    expect({ exitCode, failed: stderr.split("\n").filter((line) => line.includes("(fail)")) }).toEqual({
      exitCode: 0,
      failed: []
    })
  },
  300_000
)
