/** The packages, installed from their tarballs into a project outside the repository. */
import { beforeAll, describe, expect, test } from "bun:test"
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import {
  areTheTypesWrong,
  installedProject,
  makeProject,
  type Outcome,
  packAgain,
  publint,
  resolutions,
  root,
  run,
  runWell,
  snippets,
  type Tarball,
  tarballs,
  temporaryDirectory,
  typecheck
} from "@scached/installed"

/** The tarballs are made and installed once, by npm, which asks its registry. */
const installMillisMax = 300_000
beforeAll(async () => {
  await installedProject()
}, installMillisMax)

const good: Outcome = { exitCode: 0, stdout: "", stderr: "" }

/** Waits until a program has said something, and leaves the rest to it. */
const heard = async (stream: ReadableStream<Uint8Array>, text: string): Promise<void> => {
  const reader = stream.getReader()
  for (let seen = ""; !seen.includes(text); ) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`it ended without saying "${text}": ${seen}`)
    seen += Buffer.from(value).toString()
  }
}

const manifestOf = (directory: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))

const storeOf = async (): Promise<Tarball> => {
  const store = (await tarballs()).find(({ name }) => name === "@scached/store")
  if (store === undefined) throw new Error("there is no tarball of @scached/store")
  return store
}

/** Every module that an import can name, as the exports map lets it be named. */
const entriesOf = ({ directory, files, name }: Tarball): ReadonlyArray<string> => {
  const exported = Object.entries(manifestOf(directory)["exports"] ?? {})
  const closed = exported.filter(([, target]) => target === null).map(([entry]) => entry.slice(2, -1))
  return files
    .filter((path) => /^dist\/.*\.d\.ts$/.test(path))
    .map((path) => path.replace(/^dist\/|\.d\.ts$/g, "").replace(/(^|\/)index$/, ""))
    .filter((module) => !closed.some((folder) => module.startsWith(folder)))
    .map((module) => (module === "" ? name : `${name}/${module}`))
}

describe("a tarball", () => {
  test("has the sources, what was compiled of them, README and LICENSE, and nothing else", async () => {
    const strangers = (await tarballs()).flatMap(({ files, name }) =>
      files
        .filter((path) => !/^(package\.json|README\.md|LICENSE|src\/.*\.ts|dist\/.*\.(js|d\.ts)(\.map)?)$/.test(path))
        .concat(files.filter((path) => /\.test\.|(^|\/)(test|benchmark)\//.test(path)))
        .map((path) => `${name}: ${path}`)
    )
    expect(strangers).toEqual([])
    for (const { files } of await tarballs()) expect(files).toContain("LICENSE")
  })

  test("says what it needs, and where it comes from", async () => {
    const { version } = manifestOf(join(root, "apps/scached"))
    for (const { directory, name } of await tarballs()) {
      const manifest = manifestOf(directory)
      expect(manifest).toMatchObject({ name, version, license: "Apache-2.0", type: "module", sideEffects: false })
      expect(manifest).toMatchObject({ engines: { bun: ">=1.4.5" }, repository: { type: "git" } })
      expect(JSON.stringify(manifest)).not.toContain("workspace:")
      expect(Object.keys(manifest["dependencies"] ?? {})).not.toContain("effect")
      if (name !== "@scached/store") expect(manifest).toMatchObject({ peerDependencies: { effect: "^4.1.0" } })
      const isPure = ["@scached/store", "@scached/protocol", "@scached/farewell"].includes(name)
      if (!isPure) expect(manifest).toMatchObject({ os: ["linux"], cpu: ["x64", "arm64"], libc: ["glibc"] })
    }
  })

  test("has maps that lead to its sources", async () => {
    const astray = (await tarballs()).flatMap(({ directory, files, name }) =>
      files
        .filter((path) => path.endsWith(".map"))
        .filter((path) => {
          const { sources }: { sources: ReadonlyArray<string> } = JSON.parse(
            readFileSync(join(directory, path), "utf8")
          )
          return sources.length !== 1 || !existsSync(join(directory, dirname(path), sources[0] ?? ""))
        })
        .map((path) => `${name}: ${path}`)
    )
    expect(astray).toEqual([])
  })

  test("is the same when it is packed again", async () => {
    const again = join(temporaryDirectory(), "again")
    const printed = await runWell([process.execPath, "run", "scripts/pack.ts", "--out", again], root)
    const hashes = (paths: ReadonlyArray<string>) => paths.map((path) => Bun.hash(readFileSync(path)))
    expect(hashes(printed.trim().split("\n"))).toEqual(hashes((await tarballs()).map(({ path }) => path)))
  })

  test("satisfies publint and arethetypeswrong", async () => {
    const complaints = await Promise.all(
      (await tarballs()).map(async ({ path }) => {
        const outcomes = await Promise.all([publint(path), areTheTypesWrong(path)])
        return outcomes.filter(({ exitCode }) => exitCode !== 0).map(({ stderr, stdout }) => `${stdout}${stderr}`)
      })
    )
    expect(complaints.flat()).toEqual([])
  })
})

describe("an empty project with the packages", () => {
  test("needed no overrides", async () => {
    const directory = await installedProject()
    expect(manifestOf(directory)).not.toHaveProperty("overrides")
    expect(existsSync(join(directory, "node_modules/effect/package.json"))).toBe(true)
  })

  for (const resolution of resolutions) {
    test(`type-checks every module and every snippet, as ${resolution[1]} resolves them`, async () => {
      const directory = await installedProject()
      const entries = (await tarballs()).flatMap(entriesOf)
      expect(entries.length).toBeGreaterThan(80)
      writeFileSync(join(directory, "every.ts"), entries.map((entry) => `import "${entry}"\n`).join(""))
      for (const { code, file } of snippets) writeFileSync(join(directory, file), code)
      const files = ["every.ts", ...snippets.map(({ file }) => file)]
      expect(await typecheck(directory, resolution, files)).toEqual(good)
    })
  }

  test("runs every snippet", async () => {
    const directory = await installedProject()
    const socket = join(directory, "run/scached.sock")
    const serve = [process.execPath, join(root, "apps/scached/src/main.ts"), "serve", "--socket", socket]
    const cache = Bun.spawn([...serve, "-o", "connection_cache_ttl_limit=60s"], { stderr: "pipe" })
    try {
      await heard(cache.stderr, "listening on")
      for (const { code, file } of snippets) writeFileSync(join(directory, file), code)
      const outcomes = await Promise.all(
        snippets.map(async ({ file }) => ({ file, ...(await run([process.execPath, file], directory)) }))
      )
      const bad = outcomes.filter(({ exitCode, stderr, stdout }) => exitCode !== 0 || stderr !== "" || stdout === "")
      expect(bad).toEqual([])
      expect(outcomes.length).toBeGreaterThan(15)
    } finally {
      cache.kill("SIGKILL")
    }
  })

  test("imports every module, as source and as JavaScript", async () => {
    const directory = await installedProject()
    const entries = (await tarballs()).flatMap(entriesOf)
    const importing = `for (const entry of ${JSON.stringify(entries)}) await import(entry)\nconsole.log("done")`
    writeFileSync(join(directory, "imports.ts"), importing)
    expect(await run([process.execPath, "imports.ts"], directory)).toEqual({ ...good, stdout: "done\n" })
    const compiled = (await tarballs()).flatMap(({ files, name }) =>
      files
        .filter((path) => path.endsWith(".js") && !path.includes("/other-runtimes/"))
        .map((path) => join(directory, "node_modules", name, path))
    )
    const importingCompiled = `for (const path of ${JSON.stringify(compiled)}) await import(path)\nconsole.log("done")`
    writeFileSync(join(directory, "compiled.ts"), importingCompiled)
    expect(await run([process.execPath, "compiled.ts"], directory)).toEqual({ ...good, stdout: "done\n" })
  })

  test("says in one sentence that another runtime will not do, and runs there what needs none", async () => {
    const directory = await installedProject()
    const programs = {
      client: 'import { openCache } from "@scached/client"\nopenCache({ path: "cache" })\n',
      testing: 'import { SimulatedKernel } from "@scached/fdpass/testing"\nnew SimulatedKernel({ seed: 1 })\n',
      pure: [
        'import { OctetString } from "@scached/protocol"',
        'import { ConnectionStore } from "@scached/store"',
        "const store = new ConnectionStore()",
        'store.saveEndpoint("label", "", "a value", 2_000, 0)',
        'console.log(store.sizes.connections, OctetString.fromUtf8("label")._tag)'
      ].join("\n")
    }
    for (const [name, code] of Object.entries(programs)) writeFileSync(join(directory, `${name}.mjs`), code)
    const sentence = (name: string) =>
      `${name} needs Bun >=1.4.5, and runs in no other runtime: start the program with npx bun PROGRAM`
    const client = await run(["node", "client.mjs"], directory)
    expect([client.exitCode, client.stderr.includes(`Error: ${sentence("@scached/client")}\n`)]).toEqual([1, true])
    const testing = await run(["node", "testing.mjs"], directory)
    expect([testing.exitCode, testing.stderr.includes(`Error: ${sentence("@scached/fdpass")}\n`)]).toEqual([1, true])
    expect(await run(["node", "pure.mjs"], directory)).toEqual({ ...good, stdout: "1 Success\n" })
  })

  test("becomes an executable", async () => {
    const directory = await installedProject()
    const program = [
      'import { openCache } from "@scached/client"',
      'const cache = openCache({ path: "nowhere.sock", attemptsMax: 1 })',
      'console.log(await cache.findEndpoint("label").catch((error) => error._tag))',
      "await cache.close()"
    ]
    writeFileSync(join(directory, "program.ts"), program.join("\n"))
    await runWell([process.execPath, "build", "--compile", "program.ts", "--outfile", "program"], directory)
    const elsewhere = temporaryDirectory()
    expect(await run([join(directory, "program")], elsewhere)).toEqual({ ...good, stdout: "CacheUnavailable\n" })
  })
})

describe("these tests find", () => {
  /** A copy of the simplest package, with one thing wrong. */
  const plant = async (offence: (directory: string) => void): Promise<string> => {
    const directory = join(temporaryDirectory(), "package")
    cpSync((await storeOf()).directory, directory, { recursive: true })
    offence(directory)
    return directory
  }

  /** A project with that copy. */
  const projectWith = (packageDirectory: string): string => {
    const project = makeProject()
    cpSync(packageDirectory, join(project, "node_modules/@scached/store"), { recursive: true })
    writeFileSync(join(project, "program.ts"), 'import "@scached/store"\n')
    return project
  }

  for (const resolution of resolutions) {
    test(`a declaration that does not type-check, with ${resolution[1]}`, async () => {
      const whole = projectWith(await plant(() => undefined))
      expect(await typecheck(whole, resolution, ["program.ts"])).toEqual(good)
      const broken = await plant((directory) => {
        writeFileSync(join(directory, "dist/Lease.d.ts"), "export interface Lease extends Missing {}\n")
      })
      expect((await typecheck(projectWith(broken), resolution, ["program.ts"])).stdout).toContain("'Missing'")
    })
  }

  test("an entry that leads nowhere", async () => {
    const directory = await plant((place) => rmSync(join(place, "dist/index.js")))
    expect(await publint(await packAgain(directory))).toMatchObject({ exitCode: 1 })
  })

  test("declarations that are missing", async () => {
    const directory = await plant((place) => rmSync(join(place, "dist/index.d.ts")))
    expect((await areTheTypesWrong(await packAgain(directory))).exitCode).not.toBe(0)
  })

  test("a snippet that does not type-check", async () => {
    const directory = await installedProject()
    writeFileSync(join(directory, "wrong.ts"), 'import { openCache } from "@scached/client"\nopenCache({ paht: "" })\n')
    for (const resolution of resolutions) {
      expect((await typecheck(directory, resolution, ["wrong.ts"])).stdout).toContain("'paht'")
    }
  })
})
