/**
 * Exports that nothing but tests uses.
 */
import type { Module } from "./repository.ts"

/** Modules of tests, and those that are there for tests. */
const isForTests = (path: string): boolean => path.startsWith("tests/") || /\/(test|testing)\//.test(path)

const isSource = (path: string): boolean => /^(packages|apps)\/[^/]+\/src\//.test(path)

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.match(/[A-Za-z_$][\w$]*/g))

/**
 * Finds exported names that occur in no other module but barrels and tests, in no document, and not a second time in their own. A name that
 * several modules have (`open`, `layer`) counts as used when one of them is.
 */
export const deadExports = (
  modules: ReadonlyArray<Pick<Module, "path" | "code">>,
  documents: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const users = modules.filter(({ path }) => !isForTests(path) && !path.endsWith("/index.ts"))
  const documented = documents.map(wordsOf)
  const words = users.map(({ path, code }) => ({ path, found: wordsOf(code) }))
  return users
    .filter(({ path }) => isSource(path))
    .flatMap(({ path, code }) => {
      const declared = code.matchAll(/^export (?:const|class|interface|type|function|enum) (\w+)/gm)
      return [...declared]
        .map(([, name = ""]) => name)
        .filter((name) => (code.match(new RegExp(`\\b${name}\\b`, "g")) ?? []).length < 2)
        .filter((name) => !words.some((each) => each.path !== path && each.found.has(name)))
        .filter((name) => !documented.some((each) => each.has(name)))
        .map((name) => `${path}: ${name}`)
    })
}
