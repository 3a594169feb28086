import { existsSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { headlineNames } from "../report/index.ts"
import * as PostfixScache from "../target/PostfixScache.ts"
import { temporaryDirectory } from "../target/ServerProcess.ts"
import type { TargetSpec } from "../target/TargetSpec.ts"
import { FileFailure } from "./ExitStatus.ts"

const root = join(import.meta.dir, "../../../..")
const executable = join(root, "dist/scached")
const buildScript = join(root, "apps/scached/scripts/build.ts")
const floorSource = join(import.meta.dir, "../../floor/floor.c")

/** Left to itself it would share a small RLIMIT_NOFILE out between clients and connections, and make room before 10,000 are cached. */
const scachedSettings = ["connection_cache_ttl_limit=1h", "scached_client_limit=256", "scached_connection_limit=12000"]

/** Tells what is done, or left out, before anything is measured. */
export const say = (line: string) => Effect.sync(() => void process.stderr.write(`${line}\n`))

const run = (command: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.promise(async () => {
    try {
      const child = Bun.spawn([...command], { cwd: root, stdout: "ignore", stderr: "pipe" })
      const complaint = await new Response(child.stderr).text()
      return (await child.exited) === 0 ? undefined : complaint.trim() || "it failed without a word"
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  })

const buildExecutable = Effect.gen(function* () {
  if (!existsSync(buildScript)) {
    const message =
      "the standard comparison needs a clone of the repository: run it there, or load caches with scache-bench run"
    return yield* new FileFailure({ message })
  }
  if (existsSync(executable)) return
  yield* say("dist/scached is not there: building it")
  const failure = yield* run([process.execPath, "run", buildScript])
  if (failure !== undefined) return yield* new FileFailure({ message: `cannot build dist/scached: ${failure}` })
})

/** The floor, if it can be compiled: undefined, and a line that says why, if not. */
const buildFloor = Effect.gen(function* () {
  const program = join(yield* temporaryDirectory, "floor")
  const failure = yield* run(["cc", "-O2", "-o", program, floorSource])
  if (failure === undefined) return program
  yield* say(`going on without the floor: cc: ${failure}`)
  return undefined
})

/** What is there to be compared: scached, Postfix's scache and the floor, the two last ones where they are possible. */
export const findTargets = Effect.gen(function* () {
  yield* buildExecutable
  const command = [executable, "serve", "--socket", "{socket}", ...scachedSettings.flatMap((each) => ["-o", each])]
  const targets: Array<TargetSpec> = [{ _tag: "Spawn", name: headlineNames.subject, command }]
  const missing = PostfixScache.findMissing()
  if (missing === undefined) targets.push({ _tag: "Postfix", name: headlineNames.scache })
  else yield* say(`going on without Postfix's scache: ${missing}`)
  const floor = yield* buildFloor
  if (floor !== undefined) targets.push({ _tag: "Spawn", name: headlineNames.floor, command: [floor, "{socket}"] })
  return targets
})
