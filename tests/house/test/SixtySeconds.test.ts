/** What the README shows of a first run is what a first run prints. */
import { expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dir, "../../..")

const run = (...args: ReadonlyArray<string>) =>
  Bun.spawn([process.execPath, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] })

/** Waits until a text has come. */
const heard = async (stream: ReadableStream<Uint8Array>, text: string): Promise<void> => {
  const decoder = new TextDecoder()
  let seen = ""
  for await (const chunk of stream) {
    seen += decoder.decode(chunk, { stream: true })
    if (seen.includes(text)) return
  }
  throw new Error(`it ended without saying "${text}": ${seen}`)
}

/** Numbers its processes by their order, whatever they are in life. */
const numbered = (text: string): string => {
  const processes = [...new Set(text.match(/process \d+/g))]
  return processes.reduce((rest, name, index) => rest.replaceAll(name, `process ${index + 1}`), text)
}

test("two processes share a connection, as in the README, and without a cache they say what to do", async () => {
  const directory = mkdtempSync(join(tmpdir(), "scached-"))
  const socket = join(directory, "s")
  const start = run("scripts/start.ts", "--socket", socket)
  try {
    await heard(start.stderr, "keeps connections at")
    const shown = /run try\n```\n[^`]*?\n((?: {4}\[process.*\n)+)/.exec(readFileSync(join(root, "README.md"), "utf8"))
    const printed = await new Response(run("scripts/try.ts", socket).stdout).text()
    expect(numbered(printed)).toBe(numbered((shown?.[1] ?? "").replaceAll(/^ {4}/gm, "")))
    start.kill("SIGINT")
    expect(await start.exited).toBe(0)
    const alone = run("scripts/try.ts", socket)
    expect(await new Response(alone.stderr).text()).toContain(`no scached answers at ${socket} (`)
    expect(await alone.exited).toBe(1)
  } finally {
    start.kill("SIGKILL")
    rmSync(directory, { recursive: true, force: true })
  }
})
