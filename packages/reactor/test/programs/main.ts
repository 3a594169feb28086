/** A main program that waits for signals: each SIGUSR1 is told, and SIGHUP where that is asked for; the others end it with its finalizers. */
import { Reactors } from "@scached/reactor"
import { Effect, Exit } from "effect"

const how = process.argv[2]

const program = Effect.gen(function* () {
  process.on("SIGUSR1", () => console.log("SIGUSR1"))
  yield* Effect.acquireRelease(Effect.void, () =>
    Effect.andThen(
      Effect.sleep("5 millis"),
      Effect.sync(() => console.log("finalized"))
    )
  )
  console.log("ready")
  if (how === "fails") return yield* Effect.fail("on purpose")
  yield* Effect.never
}).pipe(Effect.scoped)

Reactors.runMain(program, {
  ...(how === "tells of SIGHUP" ? { onHangUp: () => console.log("SIGHUP") } : {}),
  exitCode: (exit) => {
    if (how === "exitCode throws") throw new Error("no exit code")
    if (Exit.isSuccess(exit)) return 0
    return Reactors.wasInterrupted(exit) ? 3 : 4
  }
})
console.log("behind runMain")
