/** The program of packages/fdpass's tests that runs another one without executable memory, compiled for this process. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const source = join(import.meta.dir, "../../../../packages/fdpass/test/programs/withoutNewCode.c")

let compiled: string | undefined

/** Whether there is a C compiler, without which the executable has no addon either. With CI=true there has to be one. */
export const isCompilerHere = Bun.which("cc") !== null || process.env["CI"] === "true"

/** The program's path; made at the first call and gone with this process. */
export const withoutNewCode = (): string => {
  if (compiled !== undefined) return compiled
  const directory = mkdtempSync(join(tmpdir(), "without-new-code-"))
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }))
  const output = join(directory, "withoutNewCode")
  const { exitCode, stderr } = Bun.spawnSync(["cc", "-O2", "-o", output, source])
  if (exitCode !== 0) throw new Error(`${source} could not be compiled: ${stderr.toString()}`)
  compiled = output
  return output
}
