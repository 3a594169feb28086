/**
 * What connections that only rest cost the others: the standard cycle against a daemon that has many of them under labels of their own, and
 * against one that has none, in turn. scache-bench does the measuring.
 *
 * `bun benchmark/watched.ts [CONNECTIONS]`, after `bun run build` in the root; 10,000 unless told otherwise. Each takes a descriptor of the daemon
 * and one of this process.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UnixSocket } from "@scached/fdpass"
import { Connection } from "@scached/reactor/effect"
import { Effect } from "effect"
import { watchTimes } from "../src/cache/watchTimes.ts"
import { ask, octets, runOnReactor, ttl } from "../test/support/CacheClient.ts"

const count = Number(process.argv[2] ?? 10_000)
const ttlSeconds = 3_000
const root = join(import.meta.dir, "../../..")

const start = async (socket: string) => {
  const command = ["taskset", "--cpu-list", "0", join(root, "dist/scached"), "serve", "--socket", socket]
  // Room for those of the load besides, where RLIMIT_NOFILE is 20,000 as well.
  const limits = [
    `connection_cache_ttl_limit=${ttlSeconds}s`,
    `scached_connection_limit=${count + 1_000}`,
    "scached_client_limit=100"
  ]
  const daemon = Bun.spawn([...command, ...limits.flatMap((each) => ["-o", each])], {
    stdio: ["ignore", "ignore", "pipe"]
  })
  await daemon.stderr.getReader().read()
  return daemon
}

/** Saves them, and keeps their far ends open while `during` goes on. */
const keepCached = (path: string, during: () => Promise<void>) =>
  Effect.gen(function* () {
    const cache = yield* Connection.connect(path)
    for (let index = 0; index < count; index++) {
      const [near] = yield* UnixSocket.pair
      const label = octets(`at rest ${index}`)
      const save = { _tag: "SaveEndpoint", ttlSeconds: ttl(ttlSeconds), label, properties: octets("p") } as const
      const saved = yield* ask(cache, save, near)
      near.close()
      if (saved._tag !== "Answered" || saved.reply.status !== 0)
        throw new Error(`${index} were saved, and then no more`)
    }
    // Until the kernel watches them.
    yield* Effect.sleep(2 * watchTimes.looks.untilMillis)
    yield* Effect.promise(during)
  })

const compare = async (watched: string, empty: string): Promise<void> => {
  const targets = ["--target", `watched=${watched}`, "--target", `empty=${empty}`]
  const settings = ["--clients", "16", "--duration", "3", "--rounds", "7", "--pin", "0/1", "--quiet"]
  const bench = Bun.spawn(
    [process.execPath, join(root, "apps/scache-bench/src/main.ts"), "run", ...targets, ...settings],
    { stdio: ["ignore", "inherit", "inherit"] }
  )
  process.exitCode = await bench.exited
}

const directory = mkdtempSync(join(tmpdir(), "watched-"))
const [watched, empty] = [join(directory, "watched"), join(directory, "empty")]
const daemons = [await start(watched), await start(empty)]
try {
  await runOnReactor(keepCached(watched, () => compare(watched, empty)))
} finally {
  for (const daemon of daemons) daemon.kill()
  rmSync(directory, { recursive: true })
}
