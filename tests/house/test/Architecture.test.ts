import { describe, expect, test } from "bun:test"
import { manifests, modules, partOf, resolveRelative, scanImports } from "../src/repository.ts"

/**
 * What each part may import of ours. Dependencies point one way: bytes and memory know nothing of the machine, the machine
 * nothing of the loop, and only apps compose.
 */
const mayImport: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/protocol": [],
  "packages/store": [],
  "packages/farewell": [],
  "packages/postfix": ["@scached/daemon", "@scached/fdpass", "@scached/reactor"],
  "packages/fdpass": [],
  "packages/daemon": ["@scached/fdpass"],
  "packages/reactor": ["@scached/daemon", "@scached/fdpass"],
  "packages/client": ["@scached/farewell", "@scached/fdpass", "@scached/protocol"],
  "apps/scache-bench": ["@scached/fdpass", "@scached/protocol", "@scached/reactor"],
  "apps/scached": [
    "@scached/daemon",
    "@scached/farewell",
    "@scached/fdpass",
    "@scached/postfix",
    "@scached/protocol",
    "@scached/reactor",
    "@scached/store"
  ],
  "tests/house": [],
  "tests/installed": [],
  "tests/interop": ["@scached/client", "@scached/fdpass", "@scached/postfix", "@scached/protocol", "@scached/reactor"],
  "tests/torture": ["@scached/fdpass", "@scached/interop", "@scached/protocol"],
  scripts: ["@scached/client"]
}

/** What the runtime brings, and what the root declares for the tests of all parts. */
const everywhere: ReadonlyArray<string> = ["bun", "fast-check"]

/** The package that an import names: `effect` for `effect/Schema`; undefined for a file of the same part or a module of the runtime. */
const packageOf = (specifier: string): string | undefined => {
  if (specifier.startsWith(".") || specifier.startsWith("/") || /^(bun|node):/.test(specifier)) return undefined
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
}

/** Modules that are part of what runs, as opposed to tests, benchmarks and tools beside them. */
const isSource = (path: string): boolean => /^(packages|apps)\/[^/]+\/src\//.test(path)

const violations = (find: (module: (typeof modules)[number]) => ReadonlyArray<string>): ReadonlyArray<string> =>
  modules.flatMap((module) => find(module).map((text) => `${module.path}: ${text}`))

describe("the scanner that these tests rely on", () => {
  test("sees every form of import", () => {
    const text = [
      'import "side-effect"',
      'import { one } from "named"',
      "import {",
      "  two,",
      "  type Three",
      '} from "over-lines"',
      'export * as four from "again"',
      'const five = await import("bun:later")'
    ].join("\n")
    const found = scanImports(text).map(({ specifier, line }) => `${specifier}:${line}`)
    expect(found.sort()).toEqual(["again:7", "bun:later:8", "named:2", "over-lines:6", "side-effect:1"])
  })

  test("sees the modules of this repository", () => {
    const store = modules.filter(({ path }) => path.startsWith("packages/store/src/"))
    expect(store.length).toBeGreaterThan(5)
    expect(store.some(({ imports }) => imports.length > 0)).toBe(true)
  })
})

describe("dependencies point one way", () => {
  test("every part of the house is known here", () => {
    const parts = new Set(modules.map((module) => partOf(module.path)))
    expect([...parts].filter((part) => mayImport[part] === undefined)).toEqual([])
  })

  test("a part imports only what it may", () => {
    const found = violations(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith("@scached/"))
        .map(({ specifier }) => specifier.split("/").slice(0, 2).join("/"))
        .filter(
          (name) =>
            mayImport[partOf(path)]?.includes(name) !== true && `@scached/${partOf(path).split("/")[1]}` !== name
        )
    )
    expect(found).toEqual([])
  })

  test("a part declares exactly what its sources import", () => {
    const found: Array<string> = []
    for (const [part, manifest] of manifests) {
      const own = modules.filter((module) => partOf(module.path) === part)
      const used = new Set(own.flatMap(({ imports }) => imports.flatMap(({ specifier }) => packageOf(specifier) ?? [])))
      for (const name of [manifest.name, ...everywhere]) if (name !== undefined) used.delete(name)
      const all = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      const declared = new Set(all.filter((name) => !everywhere.includes(name)))
      for (const name of used) if (!declared.has(name)) found.push(`${part} imports ${name} without declaring it`)
      for (const name of declared) if (!used.has(name)) found.push(`${part} declares ${name} without importing it`)
    }
    expect(found).toEqual([])
  })

  test("a relative import stays within its part", () => {
    const found = violations(({ path, imports }) =>
      partOf(path) === "scripts"
        ? []
        : imports
            .filter(({ specifier }) => specifier.startsWith("."))
            .map(({ specifier }) => resolveRelative(path, specifier))
            .filter(
              (target) =>
                partOf(target) !== partOf(path) ||
                (isSource(path) && !isSource(target) && !target.endsWith("package.json"))
            )
    )
    expect(found).toEqual([])
  })

  test("nobody reaches into another part's internal modules", () => {
    const found = violations(({ imports }) =>
      imports
        .map(({ specifier }) => specifier)
        .filter((specifier) => /^@scached\/[^/]+\/(.*\/)?(internal|src)\b/.test(specifier))
    )
    expect(found).toEqual([])
  })

  test("the two fronts of the daemon do not know each other", () => {
    const front = (path: string): string | undefined => /^apps\/scached\/src\/(serve|master)\//.exec(path)?.[1]
    const found = violations(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => resolveRelative(path, specifier))
        .filter((target) => front(path) !== undefined && front(target) !== undefined && front(path) !== front(target))
    )
    expect(found).toEqual([])
  })

  test("what is there for tests is in no source that runs", () => {
    const found = violations(({ path, imports }) =>
      isSource(path) && !path.includes("/testing/")
        ? imports.map(({ specifier }) => specifier).filter((specifier) => /(^|\/)testing(\/|$)/.test(specifier))
        : []
    )
    expect(found).toEqual([])
  })

  test("there is no cycle among modules", () => {
    const edges = new Map(
      modules.map(({ path, text }) => [
        path,
        // A type-only import leaves nothing behind at run time.
        [...text.matchAll(/(?:^|\n)(?:import|export)\s+(?!type\b)[^"'`;]*?from\s+"(\.[^"]+)"/g)].map((match) =>
          resolveRelative(path, match[1] ?? "")
        )
      ])
    )
    const state = new Map<string, "open" | "done">()
    const cycles: Array<string> = []
    const visit = (path: string, trail: ReadonlyArray<string>): void => {
      if (state.get(path) === "done") return
      if (state.get(path) === "open") {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "))
        return
      }
      state.set(path, "open")
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
      state.set(path, "done")
    }
    for (const path of edges.keys()) visit(path, [])
    expect(cycles).toEqual([])
  })
})

describe("the machine has one door", () => {
  test("only packages/daemon has the C library from packages/fdpass", () => {
    const found = violations(({ path, imports }) =>
      partOf(path) === "packages/daemon"
        ? []
        : imports
            .map(({ specifier }) => specifier)
            .filter((specifier) => specifier.startsWith("@scached/fdpass/kernel"))
    )
    expect(found).toEqual([])
  })

  /** npm has a field of that name, for which C library a package needs. */
  const namesField = new Set(["scripts/pack/manifests.ts", "tests/installed/test/Packages.test.ts"])

  test("only packages/fdpass names libc or imports bun:ffi", () => {
    const found = violations(({ path, imports, text }) =>
      // A planted bug is text, and part of another package once it is planted.
      partOf(path) === "packages/fdpass" || partOf(path) === "tests/house" || path.endsWith("Mutants.ts")
        ? []
        : [
            ...imports.filter(({ specifier }) => specifier === "bun:ffi").map(({ line }) => `bun:ffi at line ${line}`),
            ...(/\blibc\b/.test(text) && !namesField.has(path) ? ["names libc"] : [])
          ]
    )
    expect(found).toEqual([])
  })

  test("protocol and store touch neither files, sockets nor clocks", () => {
    const found = violations(({ path, imports, text }) =>
      !/^packages\/(protocol|store)\/src\//.test(path)
        ? []
        : [
            ...imports
              .filter(({ specifier }) => /^(node:|bun)/.test(specifier))
              .map(({ specifier }) => `imports ${specifier}`),
            ...(/\b(performance\.now|setTimeout|setInterval|Bun\.)/.test(text) ? ["uses the clock or the runtime"] : [])
          ]
    )
    expect(found).toEqual([])
  })

  test("in packages/postfix only what talks to loggers and to master touches the machine", () => {
    const effectful = new Set(["LogSocket", "MasterChannel"].map((name) => `packages/postfix/src/${name}.ts`))
    const found = violations(({ path, imports }) =>
      !path.startsWith("packages/postfix/src/") || effectful.has(path)
        ? []
        : imports
            .filter(({ specifier }) => /^(@scached\/|node:(?!url$))/.test(specifier))
            .map(({ specifier }) => specifier)
    )
    expect(found).toEqual([])
  })

  test("the wall clock is read in one place", () => {
    const found = violations(({ path, text }) =>
      isSource(path) &&
      /\bDate\.now\b|new Date\(\s*\)/.test(text) &&
      path !== "packages/fdpass/src/KernelSystemCalls.ts"
        ? ["reads the wall clock: take it from Effect's Clock"]
        : []
    )
    expect(found).toEqual([])
  })
})

describe("packages can be used by others", () => {
  for (const [part, manifest] of manifests) {
    if (!part.startsWith("packages/")) continue
    test(`${part} has an exports map with internal/ closed, exact versions and a licence`, () => {
      expect(manifest.name).toBe(`@scached/${part.split("/")[1]}`)
      expect(manifest.license).toBe("Apache-2.0")
      expect(manifest.exports).toMatchObject({ ".": "./src/index.ts", "./internal/*": null })
      expect(manifest).toMatchObject({ engines: { bun: ">=1.4.5" }, sideEffects: false, files: ["src"] })
      expect(manifest.version).toBe(manifests.get("apps/scached")?.version)
      for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
        expect(version).toMatch(/^(workspace:\*|\d+\.\d+\.\d+)$/)
      }
    })
  }
})
