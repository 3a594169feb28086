/** What `bun run release` makes, and what its Debian packages do where they are installed. */
import { beforeAll, describe, expect, test } from "bun:test"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  buildRelease,
  DebianFolder,
  folderImpediment,
  releaseDirectory,
  root,
  run,
  runWell,
  temporaryDirectory
} from "@scached/installed"

const { version }: { readonly version: string } = JSON.parse(
  readFileSync(join(root, "apps/scached/package.json"), "utf8")
)

const debOf = async (name: string): Promise<string> => {
  const directory = await releaseDirectory()
  const file = readdirSync(directory).find((each) => each.startsWith(`${name}_`) && each.endsWith(".deb"))
  if (file === undefined) throw new Error(`there is no package ${name}`)
  return join(directory, file)
}

/** A release takes seven seconds on a quiet machine, and copies of it are large. */
const timeoutMillis = 300_000

beforeAll(async () => {
  await releaseDirectory()
}, timeoutMillis)

describe("a release", () => {
  test(
    "has executables, packages and their checksums",
    async () => {
      const directory = await releaseDirectory()
      const files = readdirSync(directory).map((name) => name.replace(version, "VERSION"))
      const architecture = await runWell(["dpkg", "--print-architecture"], root)
      expect(files.sort()).toEqual([
        "SHA256SUMS",
        `scache-bench-VERSION-linux-${process.arch}`,
        `scache-bench_VERSION_${architecture.trim()}.deb`,
        `scached-VERSION-linux-${process.arch}`,
        `scached_VERSION_${architecture.trim()}.deb`
      ])
      expect((await run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], directory)).exitCode).toBe(0)
    },
    timeoutMillis
  )

  test(
    "is the same when it is made again, elsewhere",
    async () => {
      const sums = readFileSync(join(await releaseDirectory(), "SHA256SUMS"), "utf8")
      expect(await buildRelease(join(temporaryDirectory(), "another"))).toBe(sums)
    },
    timeoutMillis
  )

  test("says its commit and its protocol", async () => {
    const executable = join(await releaseDirectory(), `scached-${version}-linux-${process.arch}`)
    const commit = (await runWell(["git", "rev-parse", "--short=12", "HEAD"], root)).trim()
    const said = await runWell([executable, "--version"], root)
    expect(said).toStartWith(`scached ${version} (commit ${commit}`)
    expect(said).toContain("connection_cache_protocol of Postfix 3.6")
  })
})

const impediment = folderImpediment()
const { CI } = process.env
if (impediment !== undefined && !CI) test.skip(`the packages [${impediment}]`, () => undefined)
else {
  describe("the packages", () => {
    test(
      "are installed, run and purged, and leave nothing",
      async () => {
        const folder = await DebianFolder.make()
        const before = folder.contents()
        const installed = await folder.dpkg("--install", await debOf("scached"), await debOf("scache-bench"))
        expect(installed).toMatchObject({ exitCode: 0, stderr: "" })

        // The installed files, and not those that were built: what strips an executable on its way makes plain Bun of it.
        const said = await folder.run("/usr/sbin/scached", "--version")
        expect(said.stdout).toStartWith(`scached ${version} (commit `)
        const target = "scached=spawn:/usr/lib/postfix/sbin/scached serve --socket {socket}"
        const load = [
          "--operations",
          "500",
          "--warm-up",
          "0.1",
          "--rounds",
          "1",
          "--clients",
          "2",
          "--ttl",
          "2",
          "--quiet"
        ]
        const bench = await folder.run("/usr/bin/scache-bench", "run", "--target", target, ...load)
        expect({ exitCode: bench.exitCode, stderr: bench.stderr }).toEqual({ exitCode: 0, stderr: "" })
        const standard = await folder.run("/usr/bin/scache-bench", "standard")
        expect([standard.exitCode, standard.stderr.includes("needs a clone of the repository")]).toEqual([4, true])
        expect((await folder.dpkg("--verify")).stdout).toBe("")

        const unit = readFileSync(join(folder.path, "usr/lib/systemd/system/scached.service"), "utf8")
        expect(unit).toContain("ExecStart=/usr/sbin/scached serve")

        expect(await folder.dpkg("--purge", "scached", "scache-bench")).toMatchObject({ exitCode: 0, stderr: "" })
        expect(folder.contents()).toEqual(before)
      },
      timeoutMillis
    )

    test("complete what is typed, and have their manual pages", async () => {
      const directory = temporaryDirectory()
      for (const name of ["scached", "scache-bench"]) {
        await runWell(["dpkg-deb", "--extract", await debOf(name), directory], root)
      }
      const completions = join(directory, "usr/share/bash-completion/completions")
      const complete = async (...words: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
        const script = `source ${join(completions, "scached")}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _scached; printf '%s\\n' "\${COMPREPLY[@]}"`
        return (await runWell(["bash", "-c", script, "bash", ...words], root)).trim().split("\n")
      }
      expect(await complete("scached", "ser")).toEqual(["serve"])
      expect(await complete("scached", "install", "--postfix", "--u")).toEqual(["--undo"])
      expect(await complete("scached", "serve", "--allow-")).toEqual(["--allow-user", "--allow-group"])
      expect(await complete("scached", "serve", "-o", "connection_cache_ttl")).toEqual(["connection_cache_ttl_limit="])
      expect(await complete("scached", "serve", "--log-to", "s")).toEqual(["stderr", "syslog"])
      const bench = join(completions, "scache-bench")
      expect((await run(["bash", "-n", bench], root)).exitCode).toBe(0)
      for (const page of ["man8/scached.8.gz", "man1/scache-bench.1.gz"]) {
        const text = Buffer.from(Bun.gunzipSync(readFileSync(join(directory, "usr/share/man", page)))).toString()
        expect(text).toContain(".SH NAME")
      }
    })

    test("find an executable that was stripped on its way", async () => {
      const directory = temporaryDirectory()
      const executable = join(directory, "scached")
      writeFileSync(
        executable,
        readFileSync(join(await releaseDirectory(), `scached-${version}-linux-${process.arch}`))
      )
      await runWell(["strip", executable], root)
      await runWell(["chmod", "755", executable], root)
      const said = await run([executable, "--version"], root)
      expect(said.stdout).not.toStartWith("scached")
    })
  })
}
