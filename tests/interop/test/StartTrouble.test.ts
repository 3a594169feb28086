/** What scache(8) refuses to start with, dist/scached refuses too. */
import { expect } from "bun:test"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as Conversation from "../src/Conversation.ts"
import * as Greeting from "../src/Greeting.ts"
import { postfixPaths } from "../src/PostfixTools.ts"
import * as ScacheProcess from "../src/ScacheProcess.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

const scached = join(import.meta.dir, "../../../dist/scached")
const impediment = scachedExecutable.impediment()
const answerMillisMax = 60_000

type Starting = Pick<ScacheProcess.ScacheOptions, "extraArguments" | "generation">

const start = Effect.fnUntraced(function* (executable: string, options: Starting) {
  const socketPath = join(yield* TempDirectory.make, "s")
  const process = yield* ScacheProcess.start({ socketPath, ttlLimitSeconds: 2, executable, ...options })
  return { socketPath, process }
})

/** What it says before it ends with 1. */
const refusal = Effect.fnUntraced(function* (executable: string, options: Starting) {
  const { process } = yield* start(executable, options)
  expect(yield* process.exitCode).toBe(1)
  return process.output()
}, Effect.scoped)

/** What scache(8) says, and what scached says. */
const refusals = (options: Starting) =>
  Effect.all([refusal(postfixPaths.scache, options), refusal(scached, options)], { concurrency: 2 })

labTest("-D without a debugger_command", { impediment }, () =>
  Effect.gen(function* () {
    for (const extraArguments of [["-D"], ["-D", "-o", "debugger_command=$nothing"]]) {
      const [reference, ours] = yield* refusals({ extraArguments })
      expect(reference).toBe("postfix/scache: fatal: no debugger_command variable set up\n")
      expect(ours).toMatch(/^postfix\/scached: fatal: option -D: debugger_command of main\.cf is empty: [^\n]+\n$/)
    }
  })
)

labTest("-D with one: scache(8) runs it, scached says that it does not; both serve", { impediment }, () =>
  Effect.gen(function* () {
    const extraArguments = ["-D", "-o", "debugger_command=echo a debugger for $process_name"]
    for (const [executable, said] of [
      [postfixPaths.scache, "a debugger for scache\n"],
      [scached, "postfix/scached: warning: option -D: debugger_command was not run"]
    ] as const) {
      const { process, socketPath } = yield* start(executable, { extraArguments })
      const conversation = yield* Conversation.connect(socketPath, { waitMillisMax: answerMillisMax })
      Greeting.expectFrom(conversation)
      yield* process.waitForOutput(said, answerMillisMax)
    }
  })
)

labTest("a generation that is no number, or none that master(8) would tell", { impediment }, () =>
  Effect.gen(function* () {
    const malformed = ["x", "", "-1", "7z"]
    const pairs = yield* Effect.forEach(malformed, (generation) => refusals({ generation }), { concurrency: 4 })
    for (const [index, generation] of malformed.entries()) {
      const [reference, ours] = pairs[index] ?? []
      expect(reference).toBe(`postfix/scache: fatal: bad generation: ${generation}\n`)
      expect(ours).toStartWith(`postfix/scached: fatal: bad environment: GENERATION="${generation}": expected octal`)
    }
    // These scache(8) takes for 0, so that master(8) would not know its messages.
    for (const generation of ["8", "40000000000"]) {
      const { socketPath } = yield* start(postfixPaths.scache, { generation })
      const conversation = yield* Conversation.connect(socketPath, { waitMillisMax: answerMillisMax })
      Greeting.expectFrom(conversation)
      expect(yield* refusal(scached, { generation })).toContain("fatal: bad environment: GENERATION=")
    }
  })
)
