/** The command line of the scripts here: options with values, checked in one place. */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"

/** Says what is wrong on one line, and ends the script with code 2. */
export const refuse = (message: string): never => {
  console.error(message)
  process.exit(2)
}

/** A script's header is its help. */
const showHeader = (): never => {
  const [, header = ""] = readFileSync(Bun.main, "utf8").match(/^\/\*\*\n(.*?)\n \*\//s) ?? []
  console.log(header.replace(/^ \* ?/gm, ""))
  process.exit(0)
}

/** The options given, of those that are known: those in `flags` take no value, the others take one. */
export const readOptions = <V extends string, F extends string>(
  values: ReadonlyArray<V>,
  flags: ReadonlyArray<F>
): { readonly value: (name: V) => string | undefined; readonly has: (name: F) => boolean } => {
  if (Bun.argv.includes("--help")) showHeader()
  const declared = {
    ...Object.fromEntries(values.map((name) => [name, { type: "string" as const }])),
    ...Object.fromEntries(flags.map((name) => [name, { type: "boolean" as const }]))
  }
  try {
    const found: Readonly<Record<string, unknown>> = parseArgs({ options: declared, strict: true }).values
    return {
      value: (name) => {
        const text = found[name]
        return typeof text === "string" ? text : undefined
      },
      has: (name) => found[name] === true
    }
  } catch (cause) {
    const known = [...values.map((name) => `--${name} VALUE`), ...flags.map((name) => `--${name}`)].join(", ")
    return refuse(`${cause instanceof Error ? cause.message : String(cause)}; known are ${known}`)
  }
}

/** A number above 0; the default where the option was not given. */
export const positive = (name: string, text: string | undefined, standard: number): number => {
  if (text === undefined) return standard
  const number = Number(text)
  return number > 0 && Number.isFinite(number) ? number : refuse(`--${name} is "${text}": expected a number above 0`)
}
