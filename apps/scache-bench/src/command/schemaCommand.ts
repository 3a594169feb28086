import { Effect } from "effect"
import { Command } from "effect/cli"
import { jsonSchema } from "../result/ResultFile.ts"
import { print } from "./outputs.ts"

/** `scache-bench schema`. */
export const schemaCommand = Command.make("schema", {}, () => Effect.suspend(() => print(jsonSchema()))).pipe(
  Command.withDescription("Print the JSON schema (draft 2020-12) of what run --json and standard --json write."),
  Command.withShortDescription("Print the JSON schema of results"),
  Command.withExamples([
    { command: "scache-bench schema > result.schema.json", description: "for a program that reads results" }
  ])
)
