/** A reactor where none can be: tells what comes of it. */
import { Reactors } from "@scached/reactor"
import { Cause, Effect, Exit } from "effect"

declare const self: { postMessage(message: string): void }

const exit = await Effect.runPromiseExit(Reactors.run(Effect.void))
self.postMessage(Exit.isSuccess(exit) ? "it ran" : (Cause.prettyErrors(exit.cause)[0]?.message ?? "no reason"))
