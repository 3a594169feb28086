/**
 * The corpus: main.cf files, and what postconf makes of the parameters in them whose names begin with `ask_`.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Result } from "effect"
import { MainConfiguration, ParameterSource, scacheParameters } from "../../src/index.ts"
import type { Answer, Answers } from "./postconf.ts"
import { defaultHere, isUnderstoodHere } from "./release.ts"

const directory = join(import.meta.dir, "../corpus")

/** The names of the files, without `.cf`. */
export const corpus: ReadonlyArray<string> = readdirSync(directory)
  .filter((file) => file.endsWith(".cf"))
  .map((file) => file.slice(0, -".cf".length))
  .sort()

/** The bytes of one file. */
export const read = (name: string): Uint8Array => readFileSync(join(directory, `${name}.cf`))

/** Where the recorded answers to one file are. */
export const expectedFile = (name: string): string => join(directory, `${name}.expected`)

/** The recorded answers. */
export const recorded = (name: string): Answers => JSON.parse(readFileSync(expectedFile(name), "utf8"))

/** What the recorded answers, which are those of Postfix 3.11, are for the Postfix that is installed here. */
export const recordedHere = (name: string): Answers => {
  const known = recorded(name)
  if (!("answers" in known)) return known
  const text = new TextDecoder("latin1").decode(read(name))
  const written = new Map([...text.matchAll(/^(ask_\w+) *=(.*)$/gm)].map(([, each = "", value = ""]) => [each, value]))
  const answers = Object.entries(known.answers).map(([each, answer]): [string, Answer] => {
    if (!isUnderstoodHere(written.get(each) ?? "")) return [each, { fails: true }]
    return [each, "value" in answer ? { value: defaultHere(answer.value) } : answer]
  })
  return { answers: Object.fromEntries(answers) }
}

/** The names to ask for, in their order: lines that begin with them, whatever else is wrong in the file. */
export const asked = (bytes: Uint8Array): ReadonlyArray<string> => {
  const text = new TextDecoder("latin1").decode(bytes)
  return [...new Set([...text.matchAll(/^(ask_[A-Za-z0-9_]+)/gm)].map((match) => match[1] ?? ""))]
}

/** postconf prints one blank for any white space between words. */
export const asPrinted = (value: string): string => value.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "")

/** What this package makes of a file. */
export const answer = (bytes: Uint8Array, names: ReadonlyArray<string>): Answers => {
  const configuration = MainConfiguration.parse(bytes, { file: "main.cf" })
  if (Result.isFailure(configuration)) return { malformedLine: configuration.failure.line }
  const source = ParameterSource.make({ table: scacheParameters, configuration: configuration.success })
  const answers: Record<string, Answer> = {}
  for (const name of names) {
    const value = ParameterSource.expandIn(source, source.find(name)?.value ?? "")
    answers[name] = Result.isSuccess(value) ? { value: asPrinted(value.success) } : { fails: true }
  }
  return { answers }
}
