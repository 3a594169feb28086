/**
 * Programs of other packages, fetched with their own package managers and unpacked into a folder: the machine's packages stay as they are.
 *
 * @category receivers
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type LabFailure, labFailure } from "../LabFailure.ts"

/** Kept from run to run; nothing in it is the laboratory's. */
const cache = join(tmpdir(), "scached-receivers")

const run = (command: ReadonlyArray<string>): string => {
  const { exitCode, stderr, stdout } = Bun.spawnSync([...command], {
    env: { ...Bun.env, DEBIAN_FRONTEND: "noninteractive" }
  })
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`)
  return stdout.toString()
}

/** Makes a folder once: `fill` makes it under another name, which it keeps until it is whole. */
const kept = (name: string, fill: (folder: string) => void): Effect.Effect<string, LabFailure> =>
  Effect.try({
    try: () => {
      const folder = join(cache, name)
      if (existsSync(folder)) return folder
      const unfinished = `${folder}.${process.pid}`
      mkdirSync(unfinished, { recursive: true })
      try {
        fill(unfinished)
        renameSync(unfinished, folder)
      } catch (error) {
        rmSync(unfinished, { recursive: true, force: true })
        throw error
      }
      return folder
    },
    catch: labFailure(`fetch ${name}`)
  })

/**
 * The folder of packages of the machine's Debian, with what they need and the machine does not have, unpacked.
 *
 * @category receivers
 */
export const debian = (...packages: ReadonlyArray<string>): Effect.Effect<string, LabFailure> =>
  kept(packages.join("+"), (folder) => {
    const archives = `${folder}.debs`
    mkdirSync(join(archives, "partial"), { recursive: true })
    const options = ["-o", `Dir::Cache::Archives=${archives}`, "-o", "Debug::NoLocking=1"]
    run(["apt-get", "install", "--download-only", "-y", "-qq", "--no-install-recommends", ...options, ...packages])
    for (const name of readdirSync(archives).filter((each) => each.endsWith(".deb"))) {
      run(["dpkg", "-x", join(archives, name), folder])
    }
    rmSync(archives, { recursive: true })
  })

/**
 * The folder into which npm has installed a package.
 *
 * @category receivers
 */
export const npm = (name: string, version: string): Effect.Effect<string, LabFailure> =>
  kept(`${name}-${version}`, (folder) => {
    run([
      "npm",
      "install",
      "--silent",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      "--prefix",
      folder,
      `${name}@${version}`
    ])
  })

/**
 * The command that runs another one where a folder's packages lie over the machine's files.
 *
 * @category receivers
 */
export const overlaid = (folder: string, script: string): ReadonlyArray<string> => [
  "unshare",
  "--mount",
  "--pid",
  "--fork",
  "--kill-child",
  "sh",
  join(import.meta.dir, "overlaid.sh"),
  folder,
  "sh",
  "-ec",
  script
]

/**
 * The version of a package of the machine's Debian.
 *
 * @category receivers
 */
export const debianVersion = (name: string): string =>
  /Candidate: (?:\d+:)?([^-+\s]+)/.exec(run(["apt-cache", "policy", name]))?.[1] ?? "?"
