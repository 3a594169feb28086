/**
 * Names that mean nothing: a misspelt parameter would otherwise leave its default in force without a word.
 */
import type { MainConfiguration, Override } from "@scached/postfix"
import { cacheParameters } from "./parameters.ts"

const known: ReadonlySet<string> = new Set(Object.values(cacheParameters).map(({ name }) => name))

/** Each becomes a line in the log, and main.cf may hold some 60,000. */
const remarksMax = 20

/** Every name that a text refers to: `$name`, `${name}`, `$(name)`, and the conditions with it. */
const referredTo = (texts: Iterable<string>): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const text of texts) {
    // Hardly a value refers to others, and the expression takes its time.
    if (!text.includes("$")) continue
    for (const [, name = ""] of text.matchAll(/\$[{(]?\s*([A-Za-z0-9_]+)/g)) names.add(name)
  }
  return names
}

/** Names that values refer to: an operator may invent parameters for that. */
export const referred = (
  overrides: ReadonlyArray<Override.Override>,
  configuration: MainConfiguration.MainConfiguration,
  defaults: Iterable<string>
): ReadonlySet<string> => referredTo(textsOf(overrides, configuration, defaults))

/** One after the other: a list of all of them would be as long as main.cf. */
function* textsOf(
  overrides: ReadonlyArray<Override.Override>,
  configuration: MainConfiguration.MainConfiguration,
  defaults: Iterable<string>
): Generator<string> {
  yield* defaults
  for (const { value } of overrides) yield value
  for (const { value } of configuration.settings) yield value
}

/** A remark for each setting whose name begins like those of scached, and is none, and that no value refers to. */
export const remarks = (
  overrides: ReadonlyArray<Override.Override>,
  configuration: MainConfiguration.MainConfiguration
): ReadonlyArray<string> => {
  const isOdd = ({ name }: { readonly name: string }) => name.startsWith("scached_") && !known.has(name)
  // To look for references takes 30 ms where main.cf has a megabyte of them.
  if (!overrides.some(isOdd) && !configuration.settings.some(isOdd)) return []
  const names = referred(overrides, configuration, [])
  const isUnknown = (each: { readonly name: string }) => isOdd(each) && !names.has(each.name)
  const lines: Array<string> = []
  let leftOut = 0
  const remark = (place: string, each: { readonly name: string }) => {
    if (!isUnknown(each)) return
    if (lines.length === remarksMax) leftOut++
    else
      lines.push(`${place}: unknown parameter "${each.name}", ignored: those of scached are ${[...known].join(", ")}`)
  }
  for (const each of overrides) remark("-o", each)
  for (const each of configuration.settings) remark(`${configuration.file}, line ${each.line}`, each)
  return leftOut === 0 ? lines : [...lines, `${leftOut} more unknown parameters are left out`]
}
