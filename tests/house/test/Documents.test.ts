import { describe, expect, test } from "bun:test"
import { dirname, join } from "node:path"
import { files, type Manifest, manifests, read, root } from "../src/repository.ts"

const manifest: Manifest & { readonly packageManager: string } = JSON.parse(read("package.json"))
const bunVersion = manifest.packageManager.replace("bun@", "")
const readme = () => read("README.md")

describe("README.md", () => {
  test("its two commands name the Bun version that the project is pinned to", () => {
    const named = [...readme().matchAll(/bun@(\d+\.\d+\.\d+)/g)].map((match) => match[1])
    expect(named.length).toBeGreaterThanOrEqual(2)
    expect(new Set(named)).toEqual(new Set([bunVersion]))
    expect(Bun.version).toBe(bunVersion)
  })

  test("says why each dependency is there", () => {
    const packages = [...manifests.values()].map((each) => each.dependencies ?? {})
    const names = [manifest.dependencies, manifest.devDependencies, ...packages].flatMap((each) =>
      Object.keys(each ?? {})
    )
    const external = new Set(names.filter((name) => !name.startsWith("@scached/")))
    expect([...external].filter((name) => !readme().includes(`\`${name}\``))).toEqual([])
  })

  test("has every part of the house on its map", () => {
    expect([...manifests.keys()].filter((part) => !readme().includes(part))).toEqual([])
  })
})

describe("links and commands", () => {
  const documents = files.filter((path) => path.endsWith(".md"))

  test("every relative link leads to a file", async () => {
    const broken: Array<string> = []
    for (const path of documents) {
      for (const match of read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
        const target = join(root, dirname(path), match[1] ?? "")
        const found = (await Bun.file(target).exists()) || Bun.spawnSync(["test", "-d", target]).exitCode === 0
        if (!found) broken.push(`${path}: ${match[1]}`)
      }
    }
    expect(broken).toEqual([])
  })

  test("every `bun run NAME` in a document is a script", () => {
    const scripts = new Set(
      [JSON.parse(read("package.json")), ...manifests.values()].flatMap((each) => Object.keys(each.scripts ?? {}))
    )
    const unknown: Array<string> = []
    for (const path of documents) {
      for (const match of read(path).matchAll(/\bbun(?:@[\d.]+)? run (?!--)([\w:-]+)(?![\w:./-])/g)) {
        if (!scripts.has(match[1] ?? "")) unknown.push(`${path}: bun run ${match[1]}`)
      }
    }
    expect(unknown).toEqual([])
  })

  test("every package has a README with a snippet", () => {
    const without = [...manifests.keys()]
      .filter((part) => part.startsWith("packages/"))
      .filter((part) => !files.includes(`${part}/README.md`) || !read(`${part}/README.md`).includes("```ts"))
    expect(without).toEqual([])
  })
})

describe("docs/postfix.md", () => {
  test("has a column for each suite that `bun run test:postfix` knows, in which all was run and passed", () => {
    const suites = /suites = \[([^\]]*)\]/.exec(read("tests/interop/src/SuiteRoot.ts"))?.[1]?.match(/\w+/g) ?? []
    const table = /<!-- Made by "bun run test:postfix --write"(.*)<!-- The end of what is made/s.exec(
      read("docs/postfix.md")
    )?.[1]
    const [head = ""] = table?.match(/^\|.*\|$/m) ?? []
    expect(suites.length).toBeGreaterThanOrEqual(4)
    expect(suites.filter((suite) => !head.includes(suite))).toEqual([])
    expect(table).not.toMatch(/\| (not run|fails) \|/)
  })
})
