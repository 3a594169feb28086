import { expect, test } from "bun:test"
import { MainConfiguration } from "@scached/postfix"
import { Result } from "effect"
import * as UnknownParameters from "../../src/settings/UnknownParameters.ts"

const configurationOf = (text: string) => Result.getOrThrow(MainConfiguration.parse(text, { file: "main.cf" }))

test("of 60,000 misspelt names 20 are named, and the others are counted", () => {
  const text = Array.from({ length: 60_000 }, (_, index) => `scached_x${index} = b\n`).join("")
  const lines = UnknownParameters.remarks([], configurationOf(text))
  expect(lines.length).toBe(21)
  expect(lines[0]).toStartWith('main.cf, line 1: unknown parameter "scached_x0", ignored: those of scached are ')
  expect(lines.at(-1)).toBe("59980 more unknown parameters are left out")
})
