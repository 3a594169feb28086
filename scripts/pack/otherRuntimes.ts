/**
 * What another runtime than Bun finds in place of a module that needs Bun: one sentence. Without it Node.js complains of the scheme of `bun:ffi`, or
 * of a file's extension, and says nothing of Bun.
 */
import { join } from "node:path"
import { type Package, root } from "./manifests.ts"

/** Whether a package runs in Bun alone; what needs no system call is for any runtime. */
export const needsBun = ({ manifest }: Package): boolean => manifest.os !== undefined

/** Where they lie in a package. */
export const otherRuntimesFolder = "dist/other-runtimes"

const isName = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name) && name !== "default"

/**
 * Stands for a module: it has the same names, since imports of names that are missing would be what is complained of, and throws when it is loaded.
 */
const standIn = (sentence: string, names: ReadonlyArray<string>): string =>
  `throw new Error(${JSON.stringify(sentence)})\n${names.map((name) => `export const ${name} = undefined\n`).join("")}`

/** The stand-ins of all modules that can be imported, by their path in the package. `modules` are named without an extension. */
export const standInsOf = async (
  one: Package,
  modules: ReadonlyArray<string>
): Promise<ReadonlyMap<string, string>> => {
  const { engines, name } = one.manifest
  const sentence = `${name} needs Bun ${engines["bun"]}, and runs in no other runtime: start the program with npx bun PROGRAM`
  const found = new Map<string, string>()
  for (const module of modules) {
    const exported: object = await import(join(root, "packages", one.folder, "src", `${module}.ts`))
    found.set(join(otherRuntimesFolder, `${module}.js`), standIn(sentence, Object.keys(exported).filter(isName)))
  }
  return found
}
