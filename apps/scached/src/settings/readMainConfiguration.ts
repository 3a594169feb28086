/**
 * main.cf of a directory, read and parsed.
 */
import { join } from "node:path"
import { ProcessCalls } from "@scached/daemon"
import { type SystemCallError, systemCallError } from "@scached/fdpass"
import { MainConfiguration } from "@scached/postfix"
import { Effect } from "effect"

/**
 * Reads main.cf, and runs `giveWay` between its parts: in a running cache it lets the clients have their turn. Each front explains a failure to
 * read the file, since each gets the directory in another way.
 */
export const readMainConfiguration = Effect.fnUntraced(function* (
  directory: string,
  giveWay: Effect.Effect<void> = Effect.void
): Effect.fn.Return<
  MainConfiguration.MainConfiguration,
  SystemCallError | MainConfiguration.SettingMalformed,
  ProcessCalls
> {
  const file = join(directory, "main.cf")
  const bytes = (yield* ProcessCalls).readFile(file)
  if (typeof bytes === "number") return yield* systemCallError("open", bytes, file)
  const steps = MainConfiguration.parseInSteps(bytes, { file })
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return yield* Effect.fromResult(step.value)
    yield* giveWay
  }
})
