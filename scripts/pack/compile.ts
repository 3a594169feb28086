/** Compiles all packages in one go: modules, declarations, and maps that lead back to the sources. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, join, relative } from "node:path"
import { root } from "./manifests.ts"

const compilerOptions = (directory: string) => ({
  noEmit: false,
  allowImportingTsExtensions: false,
  rewriteRelativeImportExtensions: true,
  declaration: true,
  declarationMap: true,
  sourceMap: true,
  rootDir: join(root, "packages"),
  outDir: join(directory, "modules"),
  typeRoots: [join(root, "node_modules")]
})

/**
 * Compiles into `DIRECTORY/modules/PACKAGE/src`. One program for all packages: they find each other's sources through the workspace, and
 * a package that was compiled by itself would carry those of the others along.
 */
export const compile = (directory: string): void => {
  mkdirSync(directory, { recursive: true })
  const project = join(directory, "tsconfig.json")
  const content = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: compilerOptions(directory),
    include: [join(root, "packages/*/src")]
  }
  writeFileSync(project, JSON.stringify(content))
  const run = Bun.spawnSync([join(root, "node_modules/.bin/tsc"), "-p", project])
  if (run.exitCode !== 0)
    throw new Error(`the packages do not compile:\n${run.stdout.toString()}${run.stderr.toString()}`)
}

/** Declarations that name what the runtime brings, as a module or as a global. */
const runtimePattern =
  /\bfrom "(bun|bun:\w+|node:[\w/]+)"|\bimport\("(bun|bun:\w+|node:[\w/]+)"\)|\b(Buffer|Bun)\b|\bNodeJS\./

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")

export const namesRuntime = (declarations: string): boolean => runtimePattern.test(withoutComments(declarations))

const runtimeReference = '/// <reference types="bun-types" />\n'

/**
 * A declaration file as others can read it. The compiler leaves the `.ts` of the sources in its imports, and the types of the runtime, which
 * the sources have from tsconfig.json, have to be asked for: since TypeScript 6 no ambient types are there without being asked for.
 */
export const publishedDeclarations = (text: string): string => {
  const renamed = text.replace(/(\bfrom |\bimport\()"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"')
  return namesRuntime(renamed) ? runtimeReference + renamed : renamed
}

/** A map whose source is found in the tarball: `src` lies beside `dist`. */
const publishedMap = (text: string, module: string): string => {
  const map: { sources: ReadonlyArray<string>; sourceRoot?: string } = JSON.parse(text)
  const [source = ""] = map.sources
  const place = relative(join("dist", dirname(module)), join("src", dirname(module), basename(source)))
  return JSON.stringify({ ...map, sourceRoot: "", sources: [place] })
}

/** One line in front of the declarations moves all that their map says; a map begins with the first line, and a `;` ends each. */
const movedDown = (map: string): string => {
  const content: { mappings: string } = JSON.parse(map)
  return JSON.stringify({ ...content, mappings: `;${content.mappings}` })
}

/** What of a package was compiled, by its path in `dist`. */
export const compiledFiles = (directory: string, folder: string): ReadonlyMap<string, string> => {
  const source = join(directory, "modules", folder, "src")
  const files = new Map<string, string>()
  const names = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.(js|d\.ts|map)$/.test(name)
  )
  for (const name of names.sort()) {
    const text = readFileSync(join(source, name), "utf8")
    if (name.endsWith(".d.ts")) files.set(name, publishedDeclarations(text))
    else if (name.endsWith(".map")) files.set(name, publishedMap(text, name))
    else files.set(name, text)
  }
  for (const [name, text] of files) {
    const map = files.get(`${name}.map`)
    if (text.startsWith(runtimeReference) && map !== undefined) files.set(`${name}.map`, movedDown(map))
  }
  return files
}
