/** A workspace of two manifests in a temporary folder, and a registry on loopback that knows one package: what a key of bunfig.toml does. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const archive = async (): Promise<Uint8Array<ArrayBuffer>> => {
  const files = { "package/package.json": JSON.stringify({ name: "tiny", version: "1.0.0" }) }
  return Bun.gzipSync(await new Bun.Archive(files).bytes())
}

const serveRegistry = async () => {
  const tarball = await archive()
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      url.endsWith(".tgz")
        ? new Response(tarball)
        : Response.json({
            name: "tiny",
            "dist-tags": { latest: "1.0.0" },
            versions: { "1.0.0": { name: "tiny", version: "1.0.0", dist: { tarball: new URL("tiny.tgz", url).href } } }
          })
  })
  return server
}

/** What `bun add` made of a dependency. */
export interface Added {
  readonly version: string
  /** Whether the package lies in the node_modules of the workspace's root. */
  readonly isHoisted: boolean
}

/** Adds a package to a workspace whose bunfig.toml has this text. */
export const addWith = async (settings: string): Promise<Added> => {
  const directory = mkdtempSync(join(tmpdir(), "house-"))
  const server = await serveRegistry()
  try {
    const root = join(directory, "root")
    const home = join(directory, "home")
    const manifest = join(root, "one/package.json")
    mkdirSync(join(root, "one"), { recursive: true })
    mkdirSync(home)
    writeFileSync(join(root, "package.json"), JSON.stringify({ name: "root", workspaces: ["one"] }))
    writeFileSync(manifest, JSON.stringify({ name: "one" }))
    writeFileSync(join(root, "bunfig.toml"), settings)
    const add = Bun.spawn([process.execPath, "add", "tiny", "--registry", server.url.href], {
      cwd: join(root, "one"),
      // Settings of the machine's user must not decide.
      env: { PATH: process.env["PATH"], HOME: home, BUN_INSTALL_CACHE_DIR: join(home, "cache") },
      stdout: "ignore",
      stderr: "pipe"
    })
    const errors = await new Response(add.stderr).text()
    if ((await add.exited) !== 0) throw new Error(`bun add failed: ${errors}`)
    return {
      version: JSON.parse(readFileSync(manifest, "utf8")).dependencies.tiny,
      isHoisted: existsSync(join(root, "node_modules/tiny"))
    }
  } finally {
    await server.stop(true)
    rmSync(directory, { recursive: true })
  }
}
