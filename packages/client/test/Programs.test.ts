/** The library in whole programs: what it does to their event loop, and to their end. */
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { CacheProcess } from "./support/CacheProcess.ts"

const run = (program: string, ...args: ReadonlyArray<string>) =>
  Bun.spawn([process.execPath, join(import.meta.dir, "programs", program), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, MIMALLOC_SCAVENGER: "0" }
  })

const start = (path: string, conduct: string) => run("user.ts", path, conduct)

/** Uses a program, which is over afterwards whatever happened: one that is left behind would go on for ever. */
const use = async <A>(
  child: ReturnType<typeof run>,
  body: (child: ReturnType<typeof run>) => Promise<A>
): Promise<A> => {
  try {
    return await body(child)
  } finally {
    child.kill("SIGKILL")
    await child.exited
  }
}

const textOf = (child: ReturnType<typeof run>) => new Response(child.stdout).text()

test("a program whose cache is idle ends by itself, closed or not", async () => {
  await using cache = await CacheProcess.start()
  expect(await use(start(cache.path, "ends"), (child) => child.exited)).toBe(0)
})

test("a program whose request is under way does not end before it is answered", async () => {
  await using stalled = await CacheProcess.start("stalled")
  await use(start(stalled.path, "asks"), async (child) => {
    expect(await textOf(child)).toBe("ready\nno answer within 300 ms\n")
    expect(await child.exited).toBe(0)
  })
})

test("a Worker asks in its own event loop", async () => {
  await using cache = await CacheProcess.start()
  expect(await use(run("inWorker.ts", cache.path), textOf)).toBe("20 answers\n")
})

/** Times that the main thread went to sleep, and so was woken, within three seconds. */
const wakeUpsOf = (path: string, conduct: string): Promise<number> =>
  use(start(path, conduct), async (child) => {
    await child.stdout.getReader().read()
    const count = () =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1])
    // Until the engine has compiled what it wanted to.
    await Bun.sleep(1000)
    const before = count()
    await Bun.sleep(3000)
    return count() - before
  })

/** Four seconds of it are sleep; the rest is for a machine that is busy with other tests. */
const limitMillis = 20_000

// Bun itself wakes up once or twice a second in any program. Whoever tried again every 50 ms would be at 60 and more.
const wakeUpsMax = 30

test.concurrent(
  "nobody is woken while a cache is idle",
  async () => {
    await using cache = await CacheProcess.start()
    expect(await wakeUpsOf(cache.path, "idles")).toBeLessThan(wakeUpsMax)
  },
  limitMillis
)

test.concurrent(
  "nobody is woken while an answer does not come",
  async () => {
    await using stalled = await CacheProcess.start("stalled")
    expect(await wakeUpsOf(stalled.path, "waits")).toBeLessThan(wakeUpsMax)
  },
  limitMillis
)

test.concurrent(
  "a program that tries again and again is seen to",
  async () => {
    expect(await wakeUpsOf("", "polls")).toBeGreaterThan(wakeUpsMax)
  },
  limitMillis
)
