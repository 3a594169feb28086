/** The clients that are killed: scached must bear them, and they must have been killed at every stage. */
import { expect, test } from "bun:test"
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as ClientProcesses from "../src/ClientProcesses.ts"
import * as CompiledProgram from "../src/CompiledProgram.ts"
import * as Daemon from "../src/Daemon.ts"

const { CI } = process.env
const name = "clients are killed at every stage, and nothing of theirs stays"
const missing = CompiledProgram.findMissing()
const waitMillisMax = 30_000

/** Clients of a scached that forgets after a second, until one was killed at each stage; how many descriptors are left over at the end. */
const killAtEachStage = Effect.gen(function* () {
  const { pid, socketPath } = yield* Daemon.start({ parameters: { connection_cache_ttl_limit: "1s" } })
  const own = Daemon.openDescriptors(pid)
  const stages = yield* Effect.scoped(
    Effect.gen(function* () {
      const killed = yield* ClientProcesses.start(socketPath, 1)
      Daemon.becomes(() => killed().size === ClientProcesses.killedStages.length, waitMillisMax)
      return [...killed().keys()]
    })
  )
  Daemon.becomes(() => Daemon.openDescriptors(pid) === own, waitMillisMax)
  return { stages, left: Daemon.openDescriptors(pid) - own }
})

if (missing !== undefined && !CI) test.skip(`${name} [${missing}]`, () => undefined)
else {
  test(name, async () => {
    const run = Effect.scoped(killAtEachStage).pipe(Effect.provide(KernelSystemCalls.layer))
    const { stages, left } = await Effect.runPromise(run)
    expect(stages).toEqual([...ClientProcesses.killedStages])
    expect(left).toBe(0)
  }, 120_000)
}

test("the killed are counted by what the program says", () => {
  const counts = ClientProcesses.countKilled("request\nfound\nrequest\nunr")
  expect([...counts]).toEqual([
    ["client process killed inside a request", 2],
    ["client process killed between its find and the descriptor", 1]
  ])
})
