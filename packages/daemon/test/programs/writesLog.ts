/** Run by StandardError.test.ts: writes to standard error until it takes no more, and reports on it in a file. */

import { writeFileSync } from "node:fs"
import { cLibrary } from "@scached/fdpass/kernel"
import { Effect } from "effect"
import { KernelProcessCalls, ProcessCalls } from "../../src/index.ts"

const [report = "", linesMax = "1"] = process.argv.slice(2)
const line = Buffer.from(`${"x".repeat(99)}\n`)

// As a shell leaves it: what the parent has made may be non-blocking.
const { symbols } = cLibrary()
symbols.fcntl(2, 4, symbols.fcntl(2, 3, 0) & ~0o4000)

const program = Effect.map(ProcessCalls, (calls) => {
  const output = calls.openStandardError()
  if (typeof output === "number") return { outcome: output }
  let outcome = 0
  for (let left = Number(linesMax); left > 0 && outcome >= 0; left--) outcome = output.write(line)
  return { kind: output.kind, outcome }
})

writeFileSync(report, JSON.stringify(Effect.runSync(program.pipe(Effect.provide(KernelProcessCalls.layer)))))
