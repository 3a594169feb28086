import { expect, test } from "bun:test"
import { join } from "node:path"
import { KernelSystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as AttributeList from "../src/AttributeList.ts"
import { observe } from "../src/Differential.ts"
import * as LabProcess from "../src/LabProcess.ts"
import * as TempDirectory from "../src/TempDirectory.ts"

const program = join(import.meta.dir, "programs/fairServer.ts")
const startMillisMax = 60_000

test("a server that answers others between two reads of a long request is not called silent", async () => {
  const steps = [100, 4_096, 70_000].map((length) => ({
    name: `${length} bytes`,
    request: AttributeList.request.findEndpoint("x".repeat(length)),
    cargo: "descriptor" as const
  }))
  const run = Effect.gen(function* () {
    const socketPath = join(yield* TempDirectory.make, "s")
    const server = yield* LabProcess.start([process.execPath, program, socketPath])
    yield* server.waitForOutput("listening", startMillisMax)
    const { steps: seen } = yield* observe(socketPath, steps)
    expect(seen).toEqual(steps.map(() => ["says status|2|property|||"]))
  })
  await Effect.runPromise(Effect.scoped(run).pipe(Effect.provide(KernelSystemCalls.layer)))
})
