/**
 * Compiles addon/gate.c to addon/gate.node, which the executable takes in, and programs that run from source load. Without a C compiler there
 * is no addon; everything works without, but where bun:ffi cannot make code.
 */
import { renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"

const directory = join(import.meta.dir, "../addon")
const output = join(directory, "gate.node")
const headers = join(dirname(Bun.resolveSync("node-api-headers/package.json", import.meta.dir)), "include")
const options = ["-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-s", "-Wl,--build-id=none"]
const unfinished = `${output}.${process.pid}`
const compiler = Bun.which("cc")

if (compiler === null) {
  rmSync(output, { force: true })
  console.log("no cc here: built without the addon, so it will not run where memory may not be made executable")
} else {
  const command = [compiler, ...options, `-I${headers}`, "-o", unfinished, join(directory, "gate.c")]
  const { exitCode, stderr } = Bun.spawnSync(command)
  if (exitCode !== 0) throw new Error(`${command.join(" ")} failed:\n${stderr}`)
  // At once, since another build or a program that loads it may be running.
  renameSync(unfinished, output)
  console.log(`built ${output}`)
}
