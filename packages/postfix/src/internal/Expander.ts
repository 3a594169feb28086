import type { ExpansionFault } from "../ExpansionInvalid.ts"
import { operators, orderOfLevels, orderOfTexts } from "./comparison.ts"
import { domainFunctions } from "./domains.ts"

/** As deep as Postfix follows: a text within a text, or a parameter within a parameter. */
const depthMax = 100
/** Postfix starts a new count within the sides of a comparison, and finally overflows its stack; this is the bound there. */
const totalDepthMax = 1_000
const stepsMax = 100_000
const charactersMax = 1_048_576
/** How many names of a loop an error repeats. */
const throughMax = 5

/** A reference without a name. */
const empty = ["$", "{}"].join("")

const isWordCharacter = (character: string | undefined): boolean =>
  character !== undefined && /^[A-Za-z0-9_]$/.test(character)
const isBlank = (character: string | undefined): boolean =>
  character === " " || character === "\t" || character === "\r" || character === "\n"

const skipBlanks = (text: string, at: number): number => {
  let index = at
  while (isBlank(text[index])) index++
  return index
}

const wordEnd = (text: string, at: number): number => {
  let index = at
  while (isWordCharacter(text[index])) index++
  return index
}

/** Where the bracket at `at` is closed; -1 where it is not. Brackets of the other kind do not count. */
const closing = (text: string, at: number): number => {
  const open = text[at]
  const close = open === "(" ? ")" : "}"
  let level = 0
  for (let index = at; index < text.length; index++) {
    if (text[index] === open) level++
    else if (text[index] === close && --level === 0) return index
  }
  return -1
}

interface Failure {
  readonly fault: ExpansionFault
  readonly found: string
  readonly through: ReadonlyArray<string>
}

/** Where an expansion is: how deep, and through which parameters. */
interface Place {
  readonly depth: number
  readonly totalDepth: number
  readonly through: ReadonlyArray<string>
}

/** Expands one value; once something is wrong, `failure` says what, and all that follows is empty. */
export class Expander {
  failure: Failure | undefined = undefined
  readonly #lookup: (name: string) => string | undefined
  #steps = 0
  #characters = 0

  constructor(lookup: (name: string) => string | undefined) {
    this.#lookup = lookup
  }

  expand(text: string): string {
    return this.#text(text, { depth: 0, totalDepth: 0, through: [] })
  }

  #fail(fault: ExpansionFault, found: string, place: Place): "" {
    this.failure ??= { fault, found, through: place.through }
    return ""
  }

  #deeper(place: Place, name?: string): Place {
    const through = name === undefined || place.through.length >= throughMax ? place.through : [...place.through, name]
    return { depth: place.depth + 1, totalDepth: place.totalDepth + 1, through }
  }

  #text(text: string, place: Place): string {
    if (this.failure !== undefined) return ""
    if (place.depth > depthMax || place.totalDepth > totalDepthMax) return this.#fail("nested too deeply", text, place)
    this.#steps++
    this.#characters += text.length
    if (this.#steps > stepsMax || this.#characters > charactersMax) {
      return this.#fail("too long", text, place)
    }
    let expanded = ""
    let at = 0
    while (at < text.length && this.failure === undefined) {
      const dollar = text.indexOf("$", at)
      if (dollar === -1) return expanded + text.slice(at)
      expanded += text.slice(at, dollar)
      const next = text[dollar + 1]
      if (next === "$") {
        expanded += "$"
        at = dollar + 2
      } else if (next === "{" || next === "(") {
        const end = closing(text, dollar + 1)
        if (end === -1) return this.#fail("not closed", text, place)
        expanded += this.#bracketed(text.slice(dollar + 2, end), place)
        at = end + 1
      } else {
        at = wordEnd(text, dollar + 1)
        if (at === dollar + 1) return this.#fail("empty name", text, place)
        expanded += this.#reference(text.slice(dollar + 1, at), place)
      }
      if (expanded.length > charactersMax) return this.#fail("too long", text, place)
    }
    return expanded
  }

  #reference(name: string, place: Place): string {
    const value = this.#lookup(name)
    return value === undefined || value === "" ? "" : this.#text(value, this.#deeper(place, name))
  }

  /** What stands between the brackets of a reference. */
  #bracketed(text: string, place: Place): string {
    if (text === "") return this.#fail("empty name", empty, place)
    const begin = skipBlanks(text, 0)
    if (text[begin] === "{") return this.#comparison(text, begin, place)
    const end = wordEnd(text, begin)
    const name = text.slice(begin, end)
    const at = skipBlanks(text, end)
    if (at === text.length) return this.#reference(name, place)
    if (text[at] === "{") return this.#call(name, text, at, place)
    if (text[at] !== "?" && text[at] !== ":") return this.#fail("bad name", text, place)
    const value = this.#lookup(name)
    return this.#choice(text, at, value !== undefined && value !== "", place)
  }

  /** A function of Postfix 3.11, applied to what stands in braces behind its name. */
  #call(name: string, text: string, begin: number, place: Place): string {
    const apply = Object.hasOwn(domainFunctions, name) ? domainFunctions[name] : undefined
    if (apply === undefined) return this.#fail("unknown function", text, place)
    const end = closing(text, begin)
    if (end === -1) return this.#fail("unbalanced braces", text, place)
    if (skipBlanks(text, end + 1) !== text.length) return this.#fail("unexpected text", text, place)
    const argument = this.#text(text.slice(begin + 1, end), this.#deeper(place))
    if (this.failure !== undefined) return ""
    return apply(argument) ?? this.#fail("bad domain", text, place)
  }

  #comparison(text: string, begin: number, place: Place): string {
    const leftEnd = closing(text, begin)
    if (leftEnd === -1) return this.#fail("unbalanced braces", text, place)
    const operatorAt = skipBlanks(text, leftEnd + 1)
    let operatorEnd = operatorAt
    while ("=!<>".includes(text[operatorEnd] ?? " ")) operatorEnd++
    const holds = operators.get(text.slice(operatorAt, operatorEnd))
    const suffixEnd = wordEnd(text, operatorEnd)
    const suffix = text.slice(operatorEnd, suffixEnd)
    if (holds === undefined || (suffix !== "" && suffix !== "level"))
      return this.#fail("operator expected", text, place)
    const rightAt = skipBlanks(text, suffixEnd)
    if (text[rightAt] !== "{") return this.#fail("operand expected", text, place)
    const rightEnd = closing(text, rightAt)
    if (rightEnd === -1) return this.#fail("unbalanced braces", text, place)
    const within = { ...this.#deeper(place), depth: 0 }
    const left = this.#text(text.slice(begin + 1, leftEnd), within)
    const right = this.#text(text.slice(rightAt + 1, rightEnd), within)
    if (this.failure !== undefined) return ""
    const order = suffix === "level" ? orderOfLevels(left, right) : orderOfTexts(left, right)
    if (typeof order !== "number") {
      return this.#fail(suffix === "level" ? "bad level" : "number too large", order.bad, place)
    }
    const at = skipBlanks(text, rightEnd + 1)
    if (at === text.length) return holds(order) ? "true" : ""
    if (text[at] !== "?" && text[at] !== ":") return this.#fail("choice expected", text, place)
    return this.#choice(text, at, holds(order), place)
  }

  /** From `?` or `:` on: the texts to choose from, and the choice. */
  #choice(text: string, at: number, condition: boolean, place: Place): string {
    const first = this.#alternative(text, at + 1, place)
    if (this.failure !== undefined) return ""
    if (text[at] === ":") {
      if (first.end < text.length) return this.#fail("unexpected text", text, place)
      return condition ? "" : this.#text(first.text, this.#deeper(place))
    }
    if (first.end === text.length) return condition ? this.#text(first.text, this.#deeper(place)) : ""
    if (text[first.end] !== ":") return this.#fail("colon expected", text, place)
    const second = this.#alternative(text, first.end + 1, place)
    if (this.failure === undefined && second.end < text.length) return this.#fail("unexpected text", text, place)
    return this.#text(condition ? first.text : second.text, this.#deeper(place))
  }

  /** One text to choose: in braces, or all that is left. */
  #alternative(text: string, at: number, place: Place): { readonly text: string; readonly end: number } {
    const brace = skipBlanks(text, at)
    if (text[brace] !== "{") return { text: text.slice(at), end: text.length }
    const end = closing(text, brace)
    if (end !== -1) return { text: text.slice(brace + 1, end), end: skipBlanks(text, end + 1) }
    this.#fail("unbalanced braces", text, place)
    return { text: "", end: text.length }
  }
}
