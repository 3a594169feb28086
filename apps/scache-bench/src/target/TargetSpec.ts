import { checkSocketPath } from "@scached/fdpass"
import { Result, Schema } from "effect"

/** A cache to be loaded, as the command line names it. */
export type TargetSpec =
  | { readonly _tag: "Socket"; readonly name: string; readonly path: string }
  | { readonly _tag: "Spawn"; readonly name: string; readonly command: ReadonlyArray<string> }
  | { readonly _tag: "Postfix"; readonly name: string }

/** A `--target` that names nothing that could be loaded. */
export class TargetSpecInvalid extends Schema.TaggedError<TargetSpecInvalid>()("TargetSpecInvalid", {
  text: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `--target ${JSON.stringify(this.text)}: ${this.reason}`
  }
}

/** What stands for the socket's path in a command. */
export const socketPlaceholder = "{socket}"

/** Splits a command into words; single and double quotes keep blanks together. Undefined when a quote is not closed. */
export const splitWords = (text: string): ReadonlyArray<string> | undefined => {
  const words: Array<string> = []
  let word: string | undefined
  let quote = ""
  for (const character of text) {
    if (quote !== "") {
      if (character === quote) quote = ""
      else word = (word ?? "") + character
    } else if (character === "'" || character === '"') {
      quote = character
      word ??= ""
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? "") + character
  }
  if (word !== undefined) words.push(word)
  return quote === "" ? words : undefined
}

/** Reads `NAME=SOCKET` and `NAME=spawn:PROGRAM ARGUMENTS`. */
export const parseTargetSpec = (text: string): Result.Result<TargetSpec, TargetSpecInvalid> => {
  const fail = (reason: string) => Result.fail(new TargetSpecInvalid({ text, reason }))
  const [, name, value] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) {
    return fail("expected NAME=SOCKET or NAME=spawn:PROGRAM ARGUMENTS, with a name of letters, digits, dots and dashes")
  }
  if (!value.startsWith("spawn:")) {
    const checked = checkSocketPath(value)
    return Result.isSuccess(checked)
      ? Result.succeed({ _tag: "Socket", name, path: value })
      : fail(checked.failure.message)
  }
  const command = splitWords(value.slice("spawn:".length))
  if (command === undefined) return fail("a quote is not closed")
  if (command.length === 0) return fail("a program is missing behind spawn:")
  if (!command.some((word) => word.includes(socketPlaceholder))) {
    return fail(
      `${socketPlaceholder} is missing: write it where the program takes its socket's path, as in spawn:dist/scached serve --socket ${socketPlaceholder}`
    )
  }
  return Result.succeed({ _tag: "Spawn", name, command })
}
