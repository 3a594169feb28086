import { describe, expect, test } from "bun:test"
import { files, modules, read } from "../src/repository.ts"

const isSource = (path: string): boolean => /^(packages|apps)\/[^/]+\/src\//.test(path)
const linesMax = 400

const places = (paths: ReadonlyArray<{ path: string; text: string }>, pattern: RegExp): ReadonlyArray<string> =>
  paths.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []))
  )

/** Everything but this folder, whose patterns would find themselves. */
const others = modules.filter(({ path }) => !path.startsWith("tests/house/"))
const prose = files.filter((path) => path.endsWith(".md")).map((path) => ({ path, text: read(path) }))

describe("modules", () => {
  test(`no module is longer than ${linesMax} lines: it would hold more than one concept`, () => {
    const long = modules.filter(({ text }) => text.split("\n").length > linesMax + 1).map(({ path }) => path)
    expect(long).toEqual([])
  })

  test("no type is switched off", () => {
    const code = others.map((module) => ({ path: module.path, text: module.code }))
    expect(places(code, /[:<,|]\s*any\b|\bas any\b/)).toEqual([])
    expect(places(others, /@ts-(ignore|nocheck|expect-error)/)).toEqual([])
  })

  test("no test is left out or alone", () => {
    expect(places(others, /\b(test|it|describe)\.(only|todo)\(|\b(xit|xdescribe)\(/)).toEqual([])
  })

  test("nothing is left for later", () => {
    expect(places([...others, ...prose], /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([])
  })

  test("source modules are named after their concept, in PascalCase, or in camelCase for a set of functions", () => {
    const odd = modules
      .filter(({ path }) => isSource(path) && !/\/[A-Za-z][A-Za-z0-9]*\.ts$/.test(path))
      .map(({ path }) => path)
    expect(odd).toEqual([])
  })

  test("times and sizes carry their unit: no bare timeout, ttl or delay as a name of a number", () => {
    expect(
      places(
        others.filter(({ path }) => isSource(path)),
        /\b(timeout|ttl|delay|interval)\??: number/
      )
    ).toEqual([])
  })
})

describe("public exports of packages", () => {
  const declaration = /^export (?:declare )?(?:abstract )?(?:const|let|function|class|interface|type) (\w+)/

  test("each has a docstring with a category", () => {
    const missing: Array<string> = []
    for (const { path, text } of modules) {
      if (!/^packages\/[^/]+\/src\/[^/]+\.ts$/.test(path)) continue
      const lines = text.split("\n")
      for (const [index, line] of lines.entries()) {
        const name = declaration.exec(line)?.[1]
        if (name === undefined) continue
        const end = index - 1
        if (lines[end]?.trim() !== "*/") {
          missing.push(`${path}:${index + 1}: ${name} has no docstring`)
          continue
        }
        let begin = end
        while (begin > 0 && lines[begin]?.trim() !== "/**") begin--
        const doc = lines.slice(begin, end + 1).join("\n")
        if (!doc.includes("@category") && !doc.includes("@internal"))
          missing.push(`${path}:${index + 1}: ${name} has no @category`)
      }
    }
    expect(missing).toEqual([])
  })
})

describe("the project speaks of itself alone", () => {
  const all = files
    .filter((path) => /\.(ts|md|json|toml|sh)$/.test(path) || path.startsWith(".ci/"))
    .filter((path) => !path.startsWith("tests/house/"))
    .map((path) => ({ path, text: read(path) }))

  test("no machine's paths", () => {
    expect(places(all, /\/(work|root|home\/\w+|Users\/\w+)\//)).toEqual([])
  })

  test("no registry hosts, in the lockfile neither", () => {
    const texts = [...all, { path: "bun.lock", text: read("bun.lock") }]
    expect(places(texts, /registry\.\w+\.(org|com)|npmjs\.(org|com)/)).toEqual([])
  })
})
