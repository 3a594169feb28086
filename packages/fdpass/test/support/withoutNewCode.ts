/** Runs a program that can make no memory executable, so that bun:ffi fails and the addon is the way into the kernel. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const source = join(import.meta.dir, "../programs/withoutNewCode.c")
const builder = join(import.meta.dir, "../../scripts/buildAddon.ts")

let compiled: string | undefined

const run = (command: ReadonlyArray<string>): void => {
  const { exitCode, stderr } = Bun.spawnSync([...command])
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed: ${stderr.toString()}`)
}

/** Whether there is a C compiler, without which there is neither the addon nor this program. With CI=true there has to be one. */
export const isCompilerHere = Bun.which("cc") !== null || process.env["CI"] === "true"

/** The path of the program that runs others so; made at the first call and gone with this process. */
export const withoutNewCode = (): string => {
  if (compiled !== undefined) return compiled
  const directory = mkdtempSync(join(tmpdir(), "without-new-code-"))
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }))
  compiled = join(directory, "withoutNewCode")
  run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", compiled, source])
  return compiled
}

/** Builds the addon that programs load which run from source. */
export const buildAddon = (): void => run([process.execPath, builder])
