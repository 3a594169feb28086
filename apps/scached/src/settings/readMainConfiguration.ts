/**
 * main.cf of a directory, read and parsed.
 */
import { join } from "node:path"
import { ProcessCalls } from "@scached/daemon"
import { type SystemCallError, systemCallError } from "@scached/fdpass"
import { MainConfiguration } from "@scached/postfix"
import { Effect } from "effect"

/** Reads main.cf. Each front explains a failure to read it, since each gets the directory in another way. */
export const readMainConfiguration = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<
  MainConfiguration.MainConfiguration,
  SystemCallError | MainConfiguration.SettingMalformed,
  ProcessCalls
> {
  const file = join(directory, "main.cf")
  const bytes = (yield* ProcessCalls).readFile(file)
  if (typeof bytes === "number") return yield* systemCallError("open", bytes, file)
  return yield* Effect.fromResult(MainConfiguration.parse(bytes, { file }))
})
