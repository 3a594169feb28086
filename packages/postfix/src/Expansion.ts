/**
 * Expansion of `$name` and its relatives in the values of parameters.
 *
 * | form | gives |
 * |---|---|
 * | `$name`, `${name}`, `$(name)` | the parameter's value, itself expanded; nothing for an unknown name |
 * | `${name?text}`, `${name?{text}}` | text, where the value is not empty |
 * | `${name:text}`, `${name:{text}}` | text, where the value is empty or unknown |
 * | `${name?{text}:{text}}` | one or the other |
 * | `${{a} == {b} ? {text} : {text}}` | likewise, by a comparison: `==` `!=` `<` `<=` `>` `>=` |
 * | `$$` | a dollar |
 *
 * Both sides of a comparison are expanded; they compare as numbers where both are digits alone, else byte by byte. With
 * `level` behind the operator (`<=level`) they compare as compatibility levels such as `3.6`. A comparison without a text to choose gives
 * `true` or nothing. Whether a value is empty is asked before it is expanded. What is not chosen is not expanded.
 */
import { Result } from "effect"
import { ExpansionInvalid } from "./ExpansionInvalid.ts"
import { Expander } from "./internal/Expander.ts"

/**
 * The value of a parameter as it is written, or `undefined` where there is none.
 *
 * @category models
 */
export type Lookup = (name: string) => string | undefined

/**
 * Expands a value; fails with `ExpansionInvalid`.
 *
 * @category expansion
 */
export const expand = (text: string, lookup: Lookup): Result.Result<string, ExpansionInvalid> => {
  const expander = new Expander(lookup)
  const expanded = expander.expand(text)
  return expander.failure === undefined ? Result.succeed(expanded) : Result.fail(new ExpansionInvalid(expander.failure))
}
