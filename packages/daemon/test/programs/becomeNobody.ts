/** Run as root by ProcessCalls.test.ts: changes its root, drops its rights, and reports what became of it. */
import { existsSync, openSync, readdirSync, readFileSync } from "node:fs"
import { Effect } from "effect"
import { KernelProcessCalls, Privileges, ProcessCalls, UserDatabase } from "../../src/index.ts"

const root = process.argv[2] ?? ""
// Open before the root is changed: what /proc then shows is still of this moment's process.
const status = openSync("/proc/thread-self/status", "r")
const threads = readdirSync("/proc/self/task").map((number) => openSync(`/proc/self/task/${number}/status`, "r"))

/** What any thread still holds: a change of the user reaches all of them, unlike the calls about capabilities. */
const heldByThreads = (): ReadonlyArray<string> =>
  threads.flatMap((thread) => {
    try {
      return readFileSync(thread, "utf8")
        .split("\n")
        .filter((line) => /^Cap(Inh|Prm|Eff|Amb):\t.*[^0]/.test(line) && !/:\t0*$/.test(line))
    } catch {
      // It has ended.
      return []
    }
  })

const program = Effect.gen(function* () {
  const calls = yield* ProcessCalls
  const user = yield* UserDatabase.lookUp("nobody")
  const changed = calls.changeRoot(root)
  const { remarks } = yield* Privileges.become(user)
  const again = yield* Effect.result(Privileges.become({ ...user, uid: user.uid - 1 }))
  return {
    changed,
    identity: calls.identity(),
    user,
    remarks,
    threads: threads.length,
    heldByThreads: heldByThreads(),
    status: Object.fromEntries(
      readFileSync(status, "utf8")
        .split("\n")
        .filter((line) => /^(Cap|NoNewPrivs)/.test(line))
        .map((line) => line.split(":\t"))
    ),
    hasMarker: existsSync("/marker"),
    hasEtc: existsSync("/etc"),
    backToRoot: calls.setUserId(0),
    rootAgain: calls.changeRoot("/"),
    again: again._tag
  }
})

console.log(JSON.stringify(Effect.runSync(program.pipe(Effect.provide(KernelProcessCalls.layer)))))
