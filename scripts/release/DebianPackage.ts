/** A Debian package: files in a folder, put together by dpkg-deb(1), the same from the same. */
import { createHash } from "node:crypto"
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** What becomes a file: one that is there, or text. */
export type Content = { readonly copyOf: string } | { readonly text: string | Uint8Array }

/** A file of a package. */
export interface DebianFile {
  /** Without the slash at its beginning. */
  readonly path: string
  readonly content: Content
  readonly isProgram?: boolean
}

/** What a package consists of. It has no scripts: nothing is edited when it is installed or removed. */
export interface DebianPackage {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly depends: string
  readonly suggests: string
  readonly synopsis: string
  /** Paragraphs of lines. */
  readonly description: ReadonlyArray<string>
  readonly files: ReadonlyArray<DebianFile>
  readonly links: ReadonlyArray<{ readonly path: string; readonly target: string }>
}

const controlOf = (one: DebianPackage, installedKib: number): string =>
  [
    `Package: ${one.name}`,
    `Version: ${one.version}`,
    `Architecture: ${one.architecture}`,
    "Maintainer: scached maintainers <maintainers@scached.example>",
    `Installed-Size: ${installedKib}`,
    `Depends: ${one.depends}`,
    `Suggests: ${one.suggests}`,
    "Section: mail",
    "Priority: optional",
    `Description: ${one.synopsis}`,
    ...one.description.map((line) => ` ${line === "" ? "." : line}`),
    ""
  ].join("\n")

const put = (path: string, content: Content, mode: number): Uint8Array => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  if ("copyOf" in content) copyFileSync(content.copyOf, path)
  else writeFileSync(path, content.text)
  chmodSync(path, mode)
  return readFileSync(path)
}

/** How hard dpkg-deb tries: `xz` takes a minute for an executable, `none` is for tests. */
export type Compression = "xz" | "none"

/** Builds the package in a folder; returns the name of its file. */
export const buildPackage = (
  one: DebianPackage,
  output: string,
  epochSeconds: number,
  compression: Compression
): string => {
  const stage = mkdtempSync(join(tmpdir(), "scached-deb-"))
  chmodSync(stage, 0o755)
  try {
    const sums: Array<string> = []
    let bytes = 0
    for (const { content, isProgram, path } of one.files) {
      const written = put(join(stage, path), content, isProgram === true ? 0o755 : 0o644)
      // Debian's own sums are of this kind, for `dpkg --verify`.
      sums.push(`${createHash("md5").update(written).digest("hex")}  ${path}\n`)
      bytes += written.length
    }
    for (const { path, target } of one.links) {
      mkdirSync(join(stage, dirname(path)), { recursive: true, mode: 0o755 })
      symlinkSync(target, join(stage, path))
    }
    put(join(stage, "DEBIAN/control"), { text: controlOf(one, Math.ceil(bytes / 1024)) }, 0o644)
    put(join(stage, "DEBIAN/md5sums"), { text: sums.sort().join("") }, 0o644)
    const name = `${one.name}_${one.version}_${one.architecture}.deb`
    const command = ["dpkg-deb", "--root-owner-group", `-Z${compression}`, "--build", stage, join(output, name)]
    const run = Bun.spawnSync(command, { env: { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds) } })
    if (run.exitCode !== 0) throw new Error(`${command.join(" ")} failed:\n${run.stderr.toString()}`)
    return name
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}
