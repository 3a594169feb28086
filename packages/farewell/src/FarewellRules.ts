/**
 * Which connections get which farewell, by their labels.
 */
import { Result } from "effect"
import * as Farewell from "./Farewell.ts"
import { InvalidFarewell } from "./InvalidFarewell.ts"
import { unescape } from "./internal/escapes.ts"

/** One rule: labels, and what is said on their connections. */
interface Rule {
  readonly matches: (label: string) => boolean
  readonly farewell: Farewell.Farewell | undefined
}

/**
 * Rules in their order, of which the first that matches a label counts.
 *
 * @category models
 */
export interface FarewellRules {
  readonly rules: ReadonlyArray<Rule>
}

/**
 * The rules of a cache that says nothing.
 *
 * @category constants
 */
export const none: FarewellRules = { rules: [] }

/** Each is compared with the label of each connection that leaves. */
const rulesMax = 64

const firstLineOf = (label: string): string => {
  const end = label.indexOf("\n")
  return end < 0 ? label : label.slice(0, end)
}

const matcherOf = (key: string): Rule["matches"] | undefined => {
  const isPrefix = key.endsWith("*")
  const octets = unescape(isPrefix ? key.slice(0, -1) : key)
  if (octets === undefined) return undefined
  return isPrefix ? (label) => label.startsWith(octets) : (label) => firstLineOf(label) === octets
}

const parseRule = (word: string): Result.Result<Rule, InvalidFarewell> => {
  const equals = word.indexOf("=")
  const key = equals < 0 ? word : word.slice(0, equals)
  const farewell = Farewell.parse(equals < 0 ? word : word.slice(equals + 1))
  if (Result.isFailure(farewell)) return Result.fail(farewell.failure)
  const matches = key === "" ? undefined : matcherOf(key)
  if (matches !== undefined) return Result.succeed({ matches, farewell: farewell.success })
  const expected = "a service or the beginning of a label and *, then = and the farewell: smtp, relay=smtp, mail-*=imap"
  return Result.fail(new InvalidFarewell({ found: word, expected }))
}

/**
 * Reads rules between commas or white space: `smtp, relay=smtp, mail-*=imap, *=none`.
 *
 * The key is the first line of a label, in which Postfix writes the name of the service, or with `*` the beginning of a label; a name alone is
 * both the service and the protocol. Fails with `InvalidFarewell`.
 *
 * @category decoding
 */
export const parse = (text: string): Result.Result<FarewellRules, InvalidFarewell> => {
  const words = text.split(/[\s,]+/).filter((word) => word !== "")
  if (words.length > rulesMax) {
    return Result.fail(new InvalidFarewell({ found: `${words.length} rules`, expected: `at most ${rulesMax}` }))
  }
  const rules: Array<Rule> = []
  for (const word of words) {
    const rule = parseRule(word)
    if (Result.isFailure(rule)) return Result.fail(rule.failure)
    rules.push(rule.success)
  }
  return Result.succeed({ rules })
}

/**
 * What is said on a connection with this label; undefined is nothing.
 *
 * @category lookups
 */
export const farewellOf = ({ rules }: FarewellRules, label: string): Farewell.Farewell | undefined =>
  rules.find(({ matches }) => matches(label))?.farewell
