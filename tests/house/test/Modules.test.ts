/** What modules import of the runtime, what they export, and where they lie. */
import { describe, expect, test } from "bun:test"
import { basename, dirname } from "node:path"
import { deadExports } from "../src/deadExports.ts"
import { files, modules, partOf, read } from "../src/repository.ts"

describe("exports", () => {
  /** Names that are there for other programs, and why no program of ours uses them. */
  const forOthers: Readonly<Record<string, string>> = {
    "packages/protocol/src/TtlSeconds.ts: fromOctets":
      "reads a ttl that stands alone; the sessions read it where it lies"
  }

  test("one that nothing but tests uses is found", () => {
    const own = { path: "packages/a/src/One.ts", code: "export const used = 1\nexport const unused = 2" }
    const user = { path: "packages/a/src/Two.ts", code: "used" }
    const barrel = { path: "packages/a/src/index.ts", code: "export { unused }" }
    const itsTest = { path: "packages/a/test/One.test.ts", code: "unused" }
    expect(deadExports([own, user, barrel, itsTest], [])).toEqual(["packages/a/src/One.ts: unused"])
    expect(deadExports([own, user, barrel, itsTest], ["call `unused`"])).toEqual([])
  })

  test("each is used by a program, or documented", () => {
    const documents = files.filter((path) => path.endsWith(".md")).map(read)
    expect(deadExports(modules, documents)).toEqual(Object.keys(forOthers))
  })
})

describe("the runtime's modules", () => {
  /** They compute, and touch nothing. */
  const pure = /^node:(path|url|util)$/

  /** Modules that may import others, and for what. */
  const mayTouch: Readonly<Record<string, string>> = {
    "packages/fdpass/src/KernelSystemCalls.ts": "files at paths",
    "packages/fdpass/src/UnixSocket.ts": "the lock beside a socket",
    "packages/fdpass/src/internal/kernel/addonGate.ts": "the file that the addon is loaded from",
    "packages/fdpass/src/internal/kernel/ClosingThreads.ts": "close on the runtime's threads",
    "packages/daemon/src/KernelProcessCalls.ts": "small files of the system",
    "packages/daemon/src/internal/kernelLimits.ts": "/proc",
    "packages/daemon/src/internal/kernelOutput.ts": "standard error",
    "packages/reactor/src/host/internal/bunEpoll.ts": "/proc, to find the runtime's own epoll",
    "packages/reactor/src/host/internal/timerFunctions.ts": "the runtime's timers, which it replaces",
    "packages/client/src/BunSockets.ts": "sockets of node:net that are saved",
    "packages/client/src/PlainCache.ts": "the type of such a socket",
    "packages/client/src/testing/MemoryCache.ts": "the folder of a cache for tests",
    "apps/scached/src/process/TimeZone.ts": "the time zone, before the root directory changes",
    "apps/scached/src/serve/SocketPlace.ts": "who may replace the socket"
  }

  const isChecked = (path: string): boolean => /^(packages\/[^/]+|apps\/scached)\/src\//.test(path)

  const touching = modules
    .filter(({ path }) => isChecked(path))
    .flatMap(({ path, imports }) =>
      imports.filter(({ specifier }) => specifier.startsWith("node:") && !pure.test(specifier)).map(() => path)
    )

  test("are imported where the machine is touched, and nowhere else", () => {
    expect(touching.filter((path) => mayTouch[path] === undefined)).toEqual([])
  })

  test("no exception is left over", () => {
    expect(Object.keys(mayTouch).filter((path) => !touching.includes(path))).toEqual([])
  })
})

/** Where a module lies within `src` or `test`, without the folders that close it to others. */
const roomOf = (path: string): string =>
  dirname(path)
    .split("/")
    .slice(3)
    .filter((folder) => folder !== "internal" && folder !== "kernel")
    .join("/")

describe("tests", () => {
  const sources = modules.filter(({ path }) => /^(packages|apps)\/[^/]+\/src\//.test(path)).map(({ path }) => path)

  test("one that has a module's name lies in the same folder of test/", () => {
    const astray = modules.flatMap(({ path }) => {
      if (!/^(packages|apps)\/[^/]+\/test\/.*\.test\.ts$/.test(path)) return []
      const [subject = ""] = basename(path).split(".")
      const named = sources.filter((each) => partOf(each) === partOf(path) && basename(each) === `${subject}.ts`)
      return named.length === 0 || named.some((each) => roomOf(each) === roomOf(path)) ? [] : [`${path}: ${named[0]}`]
    })
    expect(astray).toEqual([])
  })

  test("the one that runs the snippets of a README is Readme.test.ts", () => {
    expect(files.filter((path) => /\/README\.test\.ts$/i.test(path) && !path.endsWith("/Readme.test.ts"))).toEqual([])
  })
})

describe("barrels", () => {
  /** `export * as Name from "./Name.ts"`; a plural only where the module's class is exported too, under the name. */
  const wrongNames = (text: string): ReadonlyArray<string> =>
    [...text.matchAll(/^export \* as (\w+) from "\.\/(?:[^"]*\/)?(\w+)\.ts"/gm)].flatMap(
      ([, name = "", module = ""]) => {
        const hasClass = new RegExp(`^export \\{ (?:[^}]*\\b)?${module}\\b`, "m").test(text)
        return name === (hasClass ? `${module}s` : module) ? [] : [`${name} for ${module}`]
      }
    )

  test("a namespace with another name than its module's is found", () => {
    expect(wrongNames('export * as Ones from "./One.ts"')).toEqual(["Ones for One"])
    expect(wrongNames('export * as Ones from "./One.ts"\nexport { One } from "./One.ts"')).toEqual([])
  })

  test("a namespace has its module's name", () => {
    const barrels = modules.filter(({ path }) => /^packages\/[^/]+\/src\/(.*\/)?index\.ts$/.test(path))
    expect(barrels.length).toBeGreaterThan(5)
    expect(barrels.flatMap(({ path, text }) => wrongNames(text).map((each) => `${path}: ${each}`))).toEqual([])
  })
})
