import { describe, expect, test } from "bun:test"
import { columnsMax, type LongLine, longComments, longProse } from "../src/lineWidth.ts"
import { files, modules, read } from "../src/repository.ts"

const long = "word ".repeat(columnsMax / 5 + 1).trim()

describe("a planted offence is found", () => {
  test("in Markdown, outside of tables and code", () => {
    const planted = ["# Title", "", "short", long, "", `- ${long}`, "", `| ${long} |`, "```sh", long, "```", "", long]
    expect(longProse(planted.join("\n")).map(({ line }) => line)).toEqual([4, 6, 13])
  })

  test("in comments, and not in code", () => {
    const planted = [`/** ${long} */`, "/**", ` * ${long}`, " */", `const text = "${long}"`, `  // ${long}`]
    expect(longComments(planted.join("\n")).map(({ line }) => line)).toEqual([1, 3, 6])
  })

  test("with one column too many, and not before", () => {
    expect(longProse(`a ${"b".repeat(columnsMax - 2)}`)).toEqual([])
    expect(longProse(`a ${"b".repeat(columnsMax - 1)}`)).toEqual([{ line: 1, columns: columnsMax + 1 }])
  })
})

describe(`no line of prose is longer than ${columnsMax} columns`, () => {
  const found = (path: string, lines: ReadonlyArray<LongLine>): ReadonlyArray<string> =>
    lines.map(({ columns, line }) => `${path}:${line}: ${columns} columns`)

  test("in Markdown", () => {
    const documents = files.filter((path) => path.endsWith(".md"))
    expect(documents.flatMap((path) => found(path, longProse(read(path))))).toEqual([])
  })

  test("in comments", () => {
    expect(modules.flatMap(({ path, text }) => found(path, longComments(text)))).toEqual([])
  })
})
