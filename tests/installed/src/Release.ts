/** A release for this machine, made once for all tests of a run, and a Debian folder to install its packages in. */
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Outcome, root, run, runWell } from "./Command.ts"
import { temporaryDirectory } from "./Tarball.ts"

/** This machine's processor, as Bun names it. */
const target = process.arch

/** Builds a release into a folder; what it has printed. */
export const buildRelease = (directory: string): Promise<string> => {
  const release = [process.execPath, "run", "scripts/release.ts", "--only", target, "--quick", "--out", directory]
  return runWell(["env", "SOURCE_DATE_EPOCH=1700000000", ...release], root)
}

let made: Promise<string> | undefined

/** The folder of a release. */
export const releaseDirectory = (): Promise<string> => {
  made ??= (async () => {
    const directory = join(temporaryDirectory(), "release")
    await buildRelease(directory)
    return directory
  })()
  return made
}

/** Why no package can be installed into a folder here; undefined when it can be. */
export const folderImpediment = (): string | undefined => {
  if (process.getuid?.() !== 0) return "only root can install a package into a folder"
  const missing = ["dpkg", "dpkg-deb", "unshare", "chroot"].find((name) => Bun.which(name) === null)
  return missing === undefined ? undefined : `there is no ${missing} here`
}

/** A folder in which dpkg knows of the C library alone, and nothing is installed. */
export class DebianFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<DebianFolder> {
    const path = join(temporaryDirectory(), "tree")
    for (const each of [
      "var/lib/dpkg/info",
      "var/lib/dpkg/updates",
      "tmp",
      "proc",
      "dev",
      "usr/lib",
      "usr/sbin",
      "usr/bin"
    ]) {
      mkdirSync(join(path, each), { recursive: true })
    }
    const known = await runWell(["dpkg-query", "--status", "libc6"], root)
    writeFileSync(
      join(path, "var/lib/dpkg/status"),
      `${known.replace(/^Depends:.*\n|^Conffiles:.*\n( .*\n)*/gm, "")}\n`
    )
    writeFileSync(join(path, "var/lib/dpkg/available"), "")
    // The C library itself, and where its loader is looked for.
    for (const each of ["lib", "lib64"]) {
      if (existsSync(`/${each}`)) await runWell(["ln", "-s", `usr/${each}`, join(path, each)], root)
    }
    const list = await runWell(["dpkg-query", "--listfiles", "libc6"], root)
    // The folders are its own, so that they outlive a package that has them too.
    const architecture = (await runWell(["dpkg", "--print-architecture"], root)).trim()
    const folders = ["/.", "/usr", "/usr/lib", "/usr/sbin", "/usr/bin"].map((each) => `${each}\n`).join("")
    writeFileSync(join(path, `var/lib/dpkg/info/libc6:${architecture}.list`), folders)
    for (const file of list.split("\n").filter((each) => /\.so(\.\d+)*$/.test(each))) {
      const inside = file.replace(/^\/(lib\w*)\//, "/usr/$1/")
      mkdirSync(join(path, inside, ".."), { recursive: true })
      cpSync(file, join(path, inside), { dereference: true })
    }
    return new DebianFolder(path)
  }

  dpkg(...words: ReadonlyArray<string>): Promise<Outcome> {
    return run(["dpkg", `--root=${this.path}`, "--force-not-root", "--log=/dev/null", ...words], root)
  }

  /** Runs a program of the folder, which is its root. */
  run(...command: ReadonlyArray<string>): Promise<Outcome> {
    const enter = 'mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"; exec chroot "$0" "$@"'
    const namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    return run(["unshare", ...namespaces, "sh", "-euc", enter, this.path, ...command], root)
  }

  /** All that is in it, but for dpkg's own books. */
  contents(): ReadonlyArray<string> {
    return readdirSync(this.path, { recursive: true, encoding: "utf8" })
      .filter((path) => !path.startsWith("var/lib/dpkg") && !/^(tmp|dev|proc)\//.test(path))
      .sort()
  }
}
