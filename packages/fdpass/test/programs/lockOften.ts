/** Takes and lets go of a lock over and over, and counts how often somebody else was inside at the same time. */
import { closeSync, openSync, unlinkSync } from "node:fs"
import { Effect } from "effect"
import { UnixSocket } from "../../src/index.ts"

const [path = ""] = process.argv.slice(2)
const inside = `${path}.inside`
const attempts = 3_000
let taken = 0
let shared = 0

const enter = Effect.sync(() => {
  taken++
  try {
    // Made only where it is not there: whoever finds it is not alone.
    closeSync(openSync(inside, "wx"))
    unlinkSync(inside)
  } catch {
    shared++
  }
})

for (let attempt = 0; attempt < attempts; attempt++) {
  Effect.runSync(UnixSocket.lock(path).pipe(Effect.andThen(enter), Effect.scoped, Effect.ignore))
}
console.log(JSON.stringify({ taken, shared }))
