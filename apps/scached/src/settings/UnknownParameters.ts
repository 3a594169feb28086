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
  for (const text of texts) for (const [, name = ""] of text.matchAll(/\$[{(]?\s*([A-Za-z0-9_]+)/g)) names.add(name)
  return names
}

/** Names that values refer to: an operator may invent parameters for that. */
export const referred = (
  overrides: ReadonlyArray<Override.Override>,
  configuration: MainConfiguration.MainConfiguration,
  defaults: Iterable<string>
): ReadonlySet<string> =>
  referredTo([...defaults, ...[...overrides, ...configuration.settings].map(({ value }) => value)])

/** A remark for each setting whose name begins like those of scached, and is none, and that no value refers to. */
export const remarks = (
  overrides: ReadonlyArray<Override.Override>,
  configuration: MainConfiguration.MainConfiguration
): ReadonlyArray<string> => {
  const names = referred(overrides, configuration, [])
  const isUnknown = ({ name }: { readonly name: string }) =>
    name.startsWith("scached_") && !known.has(name) && !names.has(name)
  const settings = [
    ...overrides.filter(isUnknown).map(({ name }) => ({ place: "-o", name })),
    ...configuration.settings
      .filter(isUnknown)
      .map(({ line, name }) => ({ place: `${configuration.file}, line ${line}`, name }))
  ]
  const lines = settings
    .slice(0, remarksMax)
    .map(
      ({ name, place }) =>
        `${place}: unknown parameter "${name}", ignored: those of scached are ${[...known].join(", ")}`
    )
  const leftOut = settings.length - lines.length
  return leftOut === 0 ? lines : [...lines, `${leftOut} more unknown parameters are left out`]
}
