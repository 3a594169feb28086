import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { Override } from "../src/index.ts"
import { property } from "./support/property.ts"

const read = (text: string) =>
  Result.match(Override.parse(text), {
    onFailure: (error) => error.reason as string,
    onSuccess: ({ name, value }) => [name, value]
  })

describe("the argument of -o", () => {
  const accepted: ReadonlyArray<readonly [string, string, string]> = [
    ["a=b", "a", "b"],
    [" a = b c ", "a", "b c"],
    ["\ta\t=\tb\tc", "a", "b\tc"],
    ["a=", "a", ""],
    ["a = { b c }", "a", "{ b c }"],
    ["{ a = b c }", "a", "b c"],
    ["{a=b}", "a", "b"],
    [" { a = { b } } ", "a", "{ b }"],
    ["a==b", "a", "=b"]
  ]
  for (const [text, name, value] of accepted)
    test(JSON.stringify(text), () => expect(read(text)).toEqual([name, value]))

  const refused: ReadonlyArray<readonly [string, string]> = [
    ["", "name"],
    ["  ", "name"],
    ["=b", "name"],
    ["{}", "name"],
    ["{ = b }", "name"],
    ["a", "equals sign"],
    ["a b = c", "equals sign"],
    ["{ a = b", "closing brace"],
    ["{ a = b } c", "closing brace"]
  ]
  for (const [text, reason] of refused) test(JSON.stringify(text), () => expect(read(text)).toBe(reason))

  test("an error shows the argument", () => {
    const message = Result.match(Override.parse("a"), { onFailure: (error) => error.message, onSuccess: () => "" })
    expect(message).toBe(
      "invalid option -o \"a\": missing '=' after parameter name: write -o name=value or -o { name = value }"
    )
  })

  test("no input throws", () => {
    property(import.meta.file, "no input throws", fc.string({ unit: "binary" }), (text) => void Override.parse(text))
  })
})
