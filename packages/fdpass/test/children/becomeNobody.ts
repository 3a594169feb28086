/** Run as root by ProcessCalls.test.ts: changes its root, drops its rights, and reports what became of it. */
import { existsSync } from "node:fs"
import { Effect } from "effect"
import { KernelProcessCalls, Privileges, ProcessCalls, UserDatabase } from "../../src/index.ts"

const root = process.argv[2] ?? ""

const program = Effect.gen(function* () {
  const calls = yield* ProcessCalls
  const user = yield* UserDatabase.lookUp("nobody")
  const changed = calls.changeRoot(root)
  yield* Privileges.become(user)
  const again = yield* Effect.result(Privileges.become({ ...user, uid: user.uid - 1 }))
  return {
    changed,
    identity: calls.identity(),
    user,
    hasMarker: existsSync("/marker"),
    hasEtc: existsSync("/etc"),
    backToRoot: calls.setUserId(0),
    rootAgain: calls.changeRoot("/"),
    again: again._tag
  }
})

console.log(JSON.stringify(Effect.runSync(program.pipe(Effect.provide(KernelProcessCalls.layer)))))
