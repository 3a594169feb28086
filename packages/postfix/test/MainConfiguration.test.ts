import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { MainConfiguration } from "../src/index.ts"
import { property } from "./support/property.ts"

const parse = (text: string | Uint8Array) => MainConfiguration.parse(text, { file: "D/main.cf" })
const read = (text: string) => Result.getOrThrow(parse(text))
const valueOf = (text: string) => read(text).byName.get("a")?.value
const messageOf = (text: string) =>
  Result.match(parse(text), { onFailure: (error) => error.message, onSuccess: () => "no error" })

// postconf prints one blank for many; these values were told by scache(8), whose errors repeat them as they are.
describe("white space within values", () => {
  const values: ReadonlyArray<readonly [string, string]> = [
    ["a=x\n  y\n#\n\t z   \n w  \n", "x  y\t z    w"],
    ["a=x\r\n  y\r\n", "x\r  y"],
    ["a = x   \n     y\n", "x        y"],
    ["a = \vx\v\n", "x"]
  ]
  for (const [text, value] of values) test(JSON.stringify(text), () => expect(valueOf(text)).toBe(value))
})

describe("settings", () => {
  test("come in their order, with their lines, and the last one counts", () => {
    const configuration = read("# comment\na = 1\n\nb = 2\n  more\na = 3\n")
    expect(configuration.settings).toEqual([
      { name: "a", value: "1", line: 2 },
      { name: "b", value: "2  more", line: 4 },
      { name: "a", value: "3", line: 6 }
    ])
    expect(configuration.byName.get("a")).toEqual({ name: "a", value: "3", line: 6 })
    expect(configuration.remarks.map(({ message }) => message)).toEqual([
      "D/main.cf, line 6: replaces a = 1 of line 2: remove one of them"
    ])
  })

  test("a first line with white space before it is remarked and left out", () => {
    const configuration = read("\n  a = 1\n more\nb = 2\n")
    expect(configuration.settings).toEqual([{ name: "b", value: "2", line: 4 }])
    expect(configuration.remarks.map(({ kind, line }) => [kind, line])).toEqual([["nothing to continue", 2]])
  })

  test("text behind a NUL is remarked", () => {
    const configuration = read("a = 1\0 2\n 3\n")
    expect(configuration.byName.get("a")?.value).toBe("1")
    expect(configuration.remarks.map(({ kind, line }) => [kind, line])).toEqual([["text behind NUL", 1]])
  })
})

describe("in steps", () => {
  const stepsOf = (bytes: Uint8Array) => {
    const steps = MainConfiguration.parseInSteps(bytes, { file: "D/main.cf" })
    for (let count = 0; ; count++) {
      const step = steps.next()
      if (step.done === true) return { count, configuration: Result.getOrThrow(step.value) }
    }
  }

  test("a large file is read in parts that end with a line, and nothing at their ends is lost", () => {
    const text = Array.from({ length: 10_000 }, (_, index) => `name${index} = value ${index}\n  more\n`).join("")
    const { configuration, count } = stepsOf(Buffer.from(text))
    expect(count).toBe(Math.ceil(text.length / 16_384))
    expect(configuration.settings).toEqual(
      Array.from({ length: 10_000 }, (_, index) => ({
        name: `name${index}`,
        value: `value ${index}  more`,
        line: 2 * index + 1
      }))
    )
  })

  test("a line that is longer than a part is one line, and bytes that are no UTF-8 are kept", () => {
    const long = Buffer.alloc(50_000, 0xff)
    const { configuration } = stepsOf(Buffer.concat([Buffer.from("a = 1\nb = "), long, Buffer.from("\nc = 2")]))
    expect(configuration.byName.get("b")?.value).toBe("\udcff".repeat(50_000))
    expect(configuration.byName.get("c")).toEqual({ name: "c", value: "2", line: 3 })
  })
})

describe("what is no setting", () => {
  test("is named with its file and line", () => {
    const hint = "write name = value, and begin a line that continues another with a blank"
    expect(messageOf("a = 1\n\nb c\n d")).toBe(`D/main.cf, line 3: missing '=' after parameter name: "b c d": ${hint}`)
    expect(messageOf("= 1")).toBe(`D/main.cf, line 1: missing parameter name before '=': "= 1": ${hint}`)
  })

  test("is shown without control characters, and cut", () => {
    expect(messageOf("a\tb\x1b[31m")).toContain('"a?b?[31m"')
    expect(messageOf("a".repeat(9_999))).toContain("... (9999 characters)")
  })

  test("no input throws", () => {
    const lines = fc.array(fc.constantFrom("a", "=", " ", "\n", "\t", "#", "\0", "\r", "\xff", "$"), { maxLength: 40 })
    property(import.meta.file, "no input throws", lines, (parts) => void parse(parts.join("")))
    property(import.meta.file, "no input throws", fc.uint8Array({ maxLength: 80 }), (bytes) => void parse(bytes))
  })
})

describe("remarks", () => {
  test("are as many as a person reads; how many more there would be is the last line", () => {
    const configuration = read("a = b\n".repeat(175_000))
    const lines = MainConfiguration.remarkLines(configuration)
    expect(lines.length).toBe(21)
    expect(lines[0]).toBe("D/main.cf, line 2: replaces a = b of line 1: remove one of them")
    expect(lines.at(-1)).toBe("D/main.cf: 174979 more remarks of this kind are left out")
    expect(MainConfiguration.remarkLines(read("a = b\na = c\n")).length).toBe(1)
  })
})
