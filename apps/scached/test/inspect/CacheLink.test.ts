/** A connection to a cache that stops in the middle of its answer. */
import { expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CacheLink } from "../../src/inspect/CacheLink.ts"

const openSilence = async (words: string) => {
  const directory = mkdtempSync(join(tmpdir(), "scached-link-"))
  const path = join(directory, "socket")
  const server = Bun.listen({
    unix: path,
    socket: { open: (socket) => void socket.write(words), data: () => {} }
  })
  const link = await CacheLink.open(path, 50)
  const close = () => {
    link.close()
    server.stop(true)
    rmSync(directory, { recursive: true })
  }
  return { link, close }
}

test.each([
  ["says nothing", ""],
  ["stops after its greeting", "protocol\0connection_cache_protocol\0\0"],
  ["stops in the middle of its answer", "protocol\0connection_cache_protocol\0\0status\0"]
])("a cache that %s is given up", async (_, words) => {
  const { link, close } = await openSilence(words)
  try {
    await expect(link.status()).rejects.toThrow("it has sent nothing for 0.05 s")
  } finally {
    close()
  }
})
