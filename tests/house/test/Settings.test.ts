/**
 * bunfig.toml has no key without an effect, and every test command sets the time limit.
 *
 * Bun 1.4.5 ignores `[test] timeout` in silence, and a `setDefaultTimeout` in a preload holds for the first file only. Without
 * `--timeout` a test may take 5 s, which a busy machine exceeds.
 */
import { describe, expect, test } from "bun:test"
import { files, manifests, read } from "../src/repository.ts"
import { addWith } from "../src/TinyProject.ts"

const keysOf = (value: unknown, prefix = ""): ReadonlyArray<string> =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? [prefix]
    : Object.entries(value).flatMap(([key, inner]) => keysOf(inner, prefix === "" ? key : `${prefix}.${key}`))

describe("every key of bunfig.toml has an effect", () => {
  /** Each key, and what shows its effect in a project that has this key alone. */
  const effects: Readonly<Record<string, () => Promise<void>>> = {
    "install.exact": async () => {
      expect((await addWith("")).version).toBe("^1.0.0")
      expect((await addWith("[install]\nexact = true")).version).toBe("1.0.0")
    },
    "install.linker": async () => {
      expect((await addWith("")).isHoisted).toBe(false)
      expect((await addWith('[install]\nlinker = "hoisted"')).isHoisted).toBe(true)
    }
  }
  const settings = files.filter((path) => /(^|\/)bunfig\.toml$/.test(path))

  test("those that are set are tried below", () => {
    expect(settings).toEqual(["bunfig.toml"])
    const keys = settings.flatMap((path) => keysOf(Bun.TOML.parse(read(path))))
    expect([...keys].sort()).toEqual(Object.keys(effects).sort())
  })

  for (const [key, show] of Object.entries(effects)) test(key, show)
})

describe("every test command sets the time limit", () => {
  const limit = "--timeout 60000"

  /** The test commands in a text that lack the limit. */
  const unlimited = (text: string): ReadonlyArray<string> =>
    text.split("\n").filter((line) => new RegExp(`\\bbun(x|@[\\d.]+)? test\\b(?![/\\w]| ${limit}\\b)`).test(line))

  test("a command without it is seen", () => {
    expect(unlimited("bun test packages/store")).toHaveLength(1)
    expect(unlimited("npx --yes bun@1.4.5 test")).toHaveLength(1)
    expect(unlimited("bun test --timeout 5000 test")).toHaveLength(1)
    expect(unlimited("bun test --timeout 60000 packages/store\nbun run test store")).toEqual([])
  })

  test("in manifests, documents and scripts of the continuous integration", () => {
    const speaking = files.filter((path) => /(\.md|(^|\/)package\.json)$|^\.ci\//.test(path))
    expect(speaking.flatMap((path) => unlimited(read(path)).map((line) => `${path}: ${line.trim()}`))).toEqual([])
  })

  test("in what the packages' tests print to replay a failure", () => {
    const printing = files.filter((path) => /^packages\/[^/]+\/test\/.*\.ts$/.test(path))
    expect(printing.some((path) => read(path).includes("bun run test test/"))).toBe(true)
    expect(printing.filter((path) => unlimited(read(path)).length > 0)).toEqual([])
  })

  test("and no test has a limit below it", () => {
    const below = (text: string): boolean =>
      [...text.matchAll(/^ *\}, ([\d_]+)\)$/gm)].some(([, millis = ""]) => Number(millis.replaceAll("_", "")) < 60_000)
    expect([below("}, 20_000)"), below("  }, 60_000)")]).toEqual([true, false])
    const tests = files.filter((path) => /\.test\.ts$/.test(path))
    expect(tests.filter((path) => below(read(path)))).toEqual([])
  })

  test("every part that has tests has such a command", () => {
    const tested = [...manifests].filter(([part]) => files.some((path) => path.startsWith(`${part}/test/`)))
    expect(tested.length).toBeGreaterThan(8)
    expect(tested.filter(([, { scripts }]) => scripts?.["test"] !== `bun test ${limit}`)).toEqual([])
  })
})
