/** The package.json of a package: how the repository has it, and how others get it. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dir, "../..")

/** Where an entry of an exports map leads; `null` closes it. */
export type Exports = Readonly<Record<string, string | null>>

type Versions = Readonly<Record<string, string>>

/** What the repository's package.json says. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines: Versions
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly libc?: ReadonlyArray<string>
  readonly exports: Exports
  readonly dependencies?: Versions
  readonly peerDependencies?: Versions
}

/** A package of the repository: its folder's name, and its package.json. */
export interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

/** What the root's package.json says of all packages. */
export interface Origin {
  readonly repository: { readonly type: string; readonly url: string }
  readonly devDependencies: Versions
}

const readJson = <A>(path: string): A => JSON.parse(readFileSync(path, "utf8"))

export const origin: Origin = readJson(join(root, "package.json"))

/** The packages that are packed, by name. */
export const packages: ReadonlyArray<Package> = readdirSync(join(root, "packages"))
  .sort()
  .map((folder) => ({ folder, manifest: readJson<Manifest>(join(root, "packages", folder, "package.json")) }))

/** The version that all packages have; they are released together, and none is tested with another one's older version. */
export const versionOf = (all: ReadonlyArray<Package>): string => {
  const [version = "", ...others] = new Set(all.map(({ manifest }) => manifest.version))
  if (others.length > 0) throw new Error(`the packages have different versions: ${[version, ...others].join(", ")}`)
  return version
}

const sourcePattern = /^\.\/src\/(.*)\.ts$/

/**
 * Where others find a module: its declarations, its source for Bun, which runs TypeScript, and JavaScript for bundlers and all else. They take the
 * first condition that they know, so that the declarations come first. A package that needs Bun has a folder of stand-ins for other runtimes.
 */
const publishedExport = (target: string | null, standIns: string | undefined) => {
  if (target === null) return null
  const module = sourcePattern.exec(target)?.[1]
  if (module === undefined) throw new Error(`${target} of an exports map is no source`)
  const elsewhere = standIns === undefined ? {} : { node: `./${standIns}/${module}.js` }
  return { types: `./dist/${module}.d.ts`, bun: target, ...elsewhere, default: `./dist/${module}.js` }
}

/** The types that declarations name beside their own: those of the runtime. */
const runtimeTypes = "bun-types"

/** What is found out while a package is built. */
export interface Built {
  readonly hasRuntimeTypes: boolean
  /** The folder of stand-ins for other runtimes than Bun. */
  readonly standIns: string | undefined
}

/** The package.json of the tarball. */
export const publishedManifest = (
  one: Package,
  version: string,
  { devDependencies, repository }: Origin,
  { hasRuntimeTypes, standIns }: Built
): object => {
  const { manifest } = one
  const dependencies: Record<string, string> = {}
  for (const [name, wanted] of Object.entries(manifest.dependencies ?? {})) {
    dependencies[name] = wanted.startsWith("workspace:") ? version : wanted
  }
  const types = devDependencies[runtimeTypes]
  if (hasRuntimeTypes) {
    if (types === undefined) throw new Error(`the root declares no ${runtimeTypes}`)
    dependencies[runtimeTypes] = `^${types}`
  }
  return {
    name: manifest.name,
    version,
    description: manifest.description,
    license: manifest.license,
    repository: { ...repository, directory: `packages/${one.folder}` },
    type: "module",
    sideEffects: false,
    engines: manifest.engines,
    ...(manifest.os && { os: manifest.os }),
    ...(manifest.cpu && { cpu: manifest.cpu }),
    ...(manifest.libc && { libc: manifest.libc }),
    exports: {
      ...Object.fromEntries(
        Object.entries(manifest.exports).map(([entry, target]) => [entry, publishedExport(target, standIns)])
      ),
      "./package.json": "./package.json"
    },
    files: ["dist", "src"],
    dependencies,
    peerDependencies: manifest.peerDependencies ?? {}
  }
}
