// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of main.cf.
import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { Expansion, type ExpansionFault } from "../src/index.ts"
import { scrap } from "./support/expressions.ts"
import { property } from "./support/property.ts"

const known: Readonly<Record<string, string>> = {
  self: "a $self b",
  one: "$two",
  two: "$one",
  side: "${{$side} == {} ? {x} : {y}}",
  x: "vx",
  many: "$many0$many0"
}
for (let index = 0; index < 60; index++)
  Object.assign(known, { [`many${index}`]: `$many${index + 1}$many${index + 1}` })
const lookup = (name: string): string | undefined => (Object.hasOwn(known, name) ? known[name] : undefined)
const failure = (text: string) => {
  const result = Expansion.expand(text, lookup)
  if (Result.isSuccess(result)) throw new Error(`expanded to ${result.success}`)
  return result.failure
}

// What expands, and to what, is in the corpus; here is what is said of the rest.
describe("what cannot be expanded", () => {
  const faults: ReadonlyArray<readonly [string, ExpansionFault]> = [
    ["a$", "empty name"],
    ["${}", "empty name"],
    ["${x", "not closed"],
    ["$(x?{a)}", "unbalanced braces"],
    ["${x.y}", "bad name"],
    ["${{a} = {a}}", "operator expected"],
    ["${{a} == a}", "operand expected"],
    ["${{a} == {a} x}", "choice expected"],
    ["${x?{a}b}", "colon expected"],
    ["${x?{a}:{b}c}", "unexpected text"],
    ["${{x} <level {1}}", "bad level"],
    ["${{99999999999999999999} == {1}}", "number too large"],
    ["$self", "nested too deeply"]
  ]
  for (const [text, fault] of faults) {
    test(`${text}: ${fault}`, () => expect(failure(text).fault).toBe(fault))
  }

  test("a loop is told with the parameters that make it", () => {
    expect(failure("$one").message).toBe(
      '"$two" (through $one, $two, $one, $two, $one): parameters are nested more than 100 deep: does one refer to itself?'
    )
  })

  test("a loop through a comparison ends, as Postfix's does not", () => {
    expect(failure("$side").fault).toBe("nested too deeply")
  })

  test("a value that doubles sixty times ends", () => expect(failure("$many").fault).toBe("too long"))
})

test("names of JavaScript's own are unknown names", () => {
  expect(Expansion.expand("[$constructor$__proto__]", lookup)).toEqual(Result.succeed("[]"))
})

test("no input throws", () => {
  const expand = (text: string) => void Expansion.expand(text, lookup)
  property(import.meta.file, "no input throws", scrap, expand, 2_000)
  property(import.meta.file, "no input throws", fc.string({ unit: "binary", maxLength: 40 }), expand)
  for (const open of ["${x?{", "${", "$(", "${{"]) expand(open.repeat(20_000))
  expand(`${"${x?{".repeat(5_000)}${"}}".repeat(5_000)}`)
})
