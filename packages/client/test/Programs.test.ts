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

test("a program whose cache is idle ends by itself, closed or not", async () => {
  await using cache = await CacheProcess.start()
  expect(await start(cache.path, "ends").exited).toBe(0)
})

test("a program whose request is under way does not end before it is answered", async () => {
  await using stalled = await CacheProcess.start("stalled")
  const child = start(stalled.path, "asks")
  expect(await new Response(child.stdout).text()).toBe("ready\nno answer within 300 ms\n")
  expect(await child.exited).toBe(0)
})

test("a Worker asks in its own event loop", async () => {
  await using cache = await CacheProcess.start()
  const child = run("inWorker.ts", cache.path)
  expect(await new Response(child.stdout).text()).toBe("20 answers\n")
})

/** Times that the main thread went to sleep, and so was woken, within three seconds. */
const wakeUpsOf = async (path: string, conduct: string): Promise<number> => {
  const child = start(path, conduct)
  await child.stdout.getReader().read()
  const count = () =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1])
  // Until the engine has compiled what it wanted to.
  await Bun.sleep(1000)
  const before = count()
  await Bun.sleep(3000)
  const wakeUps = count() - before
  child.kill("SIGKILL")
  await child.exited
  return wakeUps
}

// Bun itself wakes up once or twice a second in any program. Whoever tried again every 50 ms would be at 60 and more.
const wakeUpsMax = 30

test.concurrent("nobody is woken while a cache is idle", async () => {
  await using cache = await CacheProcess.start()
  expect(await wakeUpsOf(cache.path, "idles")).toBeLessThan(wakeUpsMax)
})

test.concurrent("nobody is woken while an answer does not come", async () => {
  await using stalled = await CacheProcess.start("stalled")
  expect(await wakeUpsOf(stalled.path, "waits")).toBeLessThan(wakeUpsMax)
})

test.concurrent("a program that tries again and again is seen to", async () => {
  expect(await wakeUpsOf("", "polls")).toBeGreaterThan(wakeUpsMax)
})
