/**
 * Writes the goldens of packages/protocol anew, from the Postfix that is installed here. Run it as root: `bun run capture-goldens`.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { KernelSystemCalls } from "@scached/fdpass"
import { Console, Effect, Layer, Schema } from "effect"
import { fromDeliveries, fromScript } from "../src/GoldenCapture.ts"
import { goldenScripts } from "../src/GoldenScript.ts"
import { PostfixTools } from "../src/PostfixTools.ts"
import * as ScacheProcess from "../src/ScacheProcess.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { Golden } from "../src/Transcript.ts"

const directory = join(import.meta.dir, "../../../packages/protocol/test/goldens")
const laboratory = PostfixTools.layer.pipe(Layer.provideMerge(KernelSystemCalls.layer))

const write = (golden: Golden) => {
  const checked = Schema.decodeUnknownSync(Golden)(golden)
  writeFileSync(join(directory, `${checked.name}.json`), `${JSON.stringify(checked, null, 1)}\n`)
  return Console.log(`${checked.name}: ${checked.exchange.length} turns`)
}

const capture = Effect.gen(function* () {
  const socketPath = join(yield* TempDirectory.make, "scache")
  yield* ScacheProcess.start({ socketPath, ttlLimitSeconds: 1000 })
  for (const script of goldenScripts) yield* write(yield* fromScript(socketPath, script))
  for (const golden of yield* fromDeliveries) yield* write(golden)
})

await Effect.runPromise(Effect.scoped(capture).pipe(Effect.provide(laboratory)))
