/** Run as root by ProcessCalls.test.ts: gives its capabilities up, stays root, and reports what it still may. */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import { KernelProcessCalls, Privileges, ProcessCalls } from "../../src/index.ts"

const program = Effect.gen(function* () {
  const calls = yield* ProcessCalls
  const { remarks } = yield* Privileges.relinquish
  const again = yield* Privileges.relinquish
  const status = readFileSync("/proc/thread-self/status", "utf8")
  return {
    remarks,
    again: again.remarks,
    status: status.split("\n").filter((line) => /^(Cap|NoNewPrivs)/.test(line)),
    userId: process.getuid?.(),
    // Not setUserId: the C library ends a process whose threads disagree, and others than this one still may.
    changedRoot: calls.changeRoot("/")
  }
})

console.log(JSON.stringify(Effect.runSync(program.pipe(Effect.provide(KernelProcessCalls.layer)))))
