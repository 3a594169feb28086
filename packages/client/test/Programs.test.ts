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

interface Use {
  readonly wakeUps: number
  readonly runnableMillis: number
}

const isPatient = ({ runnableMillis, wakeUps }: Use): boolean =>
  wakeUps < wakeUpsMax && runnableMillis < runnableMillisMax

/**
 * Of three seconds: how often the main thread went to sleep, and so was woken, and for how long it had or wanted a processor. At first the
 * engine compiles what it wants to, for as long as a busy machine makes it take: the first three seconds that are patient count, or
 * the last ones of some. A program that tries again and again has none.
 */
const useOf = (path: string, conduct: string, periodsMax = 12): Promise<Use> =>
  use(start(path, conduct), async (child) => {
    await child.stdout.getReader().read()
    const read = () => {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8")
      // The time it ran, and the time it waited for a processor: on a busy machine one that spins hardly gets to run.
      const [runs, waits] = readFileSync(`/proc/${child.pid}/schedstat`, "utf8").split(" ")
      return {
        wakeUps: Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]),
        runnableMillis: (Number(runs) + Number(waits)) / 1e6
      }
    }
    for (let periodsLeft = periodsMax; ; periodsLeft--) {
      const before = read()
      await Bun.sleep(3000)
      const after = read()
      const used = {
        wakeUps: after.wakeUps - before.wakeUps,
        runnableMillis: after.runnableMillis - before.runnableMillis
      }
      if (isPatient(used) || periodsLeft === 1) return used
    }
  })

// Bun itself wakes up once or twice a second in any program. Whoever tried again every 50 ms would be at 60 and more.
const wakeUpsMax = 30

// A program that waits takes 1 to 10 ms of the three seconds, and some more of waiting for a processor after each wake-up; one that
// tries again without a pause runs or wants to run all the time.
const runnableMillisMax = 1500

const expectPatience = async (path: string, conduct: string): Promise<void> => {
  expect(await useOf(path, conduct)).toSatisfy(isPatient)
}

test.concurrent("nobody is woken and nothing is burnt while a cache is idle", async () => {
  await using cache = await CacheProcess.start()
  await expectPatience(cache.path, "idles")
})

test.concurrent("nobody is woken and nothing is burnt while an answer does not come", async () => {
  await using stalled = await CacheProcess.start("stalled")
  await expectPatience(stalled.path, "waits")
})

test.concurrent("a program that tries again and again is seen to, with pauses and without", async () => {
  const [polls, spins] = await Promise.all([useOf("", "polls", 2), useOf("", "spins", 2)])
  expect(polls.wakeUps).toBeGreaterThan(wakeUpsMax)
  expect(spins.runnableMillis).toBeGreaterThan(runnableMillisMax)
})
