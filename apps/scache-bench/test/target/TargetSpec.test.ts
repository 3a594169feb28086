import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { parseTargetSpec, splitWords } from "../../src/target/TargetSpec.ts"

describe("--target", () => {
  test("names a socket or a command", () => {
    expect(Result.getOrThrow(parseTargetSpec("a=/run/cache"))).toEqual({
      _tag: "Socket",
      name: "a",
      path: "/run/cache"
    })
    expect(Result.getOrThrow(parseTargetSpec("b.2=spawn:dist/x 'two words' --socket={socket}"))).toEqual({
      _tag: "Spawn",
      name: "b.2",
      command: ["dist/x", "two words", "--socket={socket}"]
    })
  })

  for (const [text, expected] of [
    ["/run/cache", "expected NAME=SOCKET"],
    ["=x", "expected NAME=SOCKET"],
    ["a=", "expected NAME=SOCKET"],
    [`a=/${"x".repeat(200)}`, "a="],
    ["a=spawn:", "a program is missing"],
    ["a=spawn:x 'y {socket}", "a quote is not closed"],
    ["a=spawn:x --socket", "{socket} is missing"]
  ] as const) {
    test(`${text.slice(0, 30)} is refused`, () => {
      const parsed = parseTargetSpec(text)
      expect(Result.isFailure(parsed) && parsed.failure.message).toContain(expected)
    })
  }

  test("keeps empty words that are quoted", () => {
    expect(splitWords(` a ''  "b  c"d `)).toEqual(["a", "", "b  cd"])
  })
})
