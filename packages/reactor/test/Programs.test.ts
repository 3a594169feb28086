/** Whole programs in processes of their own: what Bun does beside a reactor, signals, and what an idle one costs. */
import { expect, test } from "bun:test"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { KernelSystemCalls, Readiness, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { must } from "./support/simulations.ts"

const programs = join(import.meta.dir, "programs")

/** A child that hangs ends before its test does, so that the test fails and leaves no process behind. */
const timeoutMillis = 50_000

const start = (name: string, ...args: ReadonlyArray<string>) =>
  Bun.spawn([process.execPath, join(programs, name), ...args], {
    stdout: "pipe",
    stderr: "pipe",
    timeout: timeoutMillis,
    // Bun's allocator has a thread of its own that sweeps now and then; it is not what is measured here.
    env: { ...process.env, MIMALLOC_SCAVENGER: "0" }
  })

/**
 * Two at a time: all at once would take the processor from each other, and from what is measured. The idle ones wait beside them.
 */
const slotsMax = 2
let slotsTaken = 0
const waiting: Array<() => void> = []

const inSlot =
  (run: () => Promise<void>): (() => Promise<void>) =>
  async () => {
    if (slotsTaken === slotsMax) await new Promise<void>((resolve) => waiting.push(resolve))
    else slotsTaken++
    try {
      await run()
    } finally {
      const next = waiting.shift()
      if (next === undefined) slotsTaken--
      else next()
    }
  }

type Child = ReturnType<typeof start>

const decoder = new TextDecoder()

/** The child's standard output, read as far as asked for. */
const outputOf = (child: Child) => {
  const reader = child.stdout.getReader()
  let text = ""
  return {
    until: async (mark: string) => {
      while (!text.includes(mark)) {
        const { done, value } = await reader.read()
        if (done)
          throw new Error(`the output ended before "${mark}":\n${text}${await new Response(child.stderr).text()}`)
        text += decoder.decode(value)
      }
    },
    toEnd: async () => {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return text
        text += decoder.decode(value)
      }
    }
  }
}

const beside: Readonly<Record<string, ReadonlyArray<string>>> = {
  files: ["10 bytes", "content 19"],
  children: ["from a child", "exit 0", "shell", "through cat", "exit 0"],
  workers: ["counted to 20", "a reactor runs on the main thread: Workers have event loops of their own"],
  timers: [
    "tick, immediate, timeout of 20, timeout of 60",
    "3 beats",
    "Bun.sleep",
    "Bun.sleep until a date",
    "node:timers/promises",
    "promisify",
    "AbortSignal.timeout"
  ],
  sockets: ["Bun.serve and fetch", "old style"]
}

for (const [name, lines] of Object.entries(beside)) {
  test.concurrent(
    `${name} arrive while the reactor is idle`,
    inSlot(async () => {
      const child = start("beside.ts", name)
      expect(await outputOf(child).toEnd()).toBe(`${[...lines, "end"].join("\n")}\n`)
      expect(await child.exited).toBe(0)
    })
  )
}

test.concurrent(
  "files arrive also when a parent has left an epoll set open that is always ready",
  inSlot(async () => {
    const calls = Effect.runSync(Effect.provide(SystemCalls, KernelSystemCalls.layer))
    const [near, far] = must(calls.socketPair())
    const epoll = must(calls.epollCreate())
    calls.epollAdd(epoll, near, Readiness.writable, 1)
    const number = epoll.surrender()
    // It becomes the child's descriptor 3, below all that Bun opens there.
    const child = Bun.spawn([process.execPath, join(programs, "beside.ts"), "files"], {
      stdio: ["ignore", "pipe", "inherit", number],
      timeout: timeoutMillis
    })
    expect(await new Response(child.stdout).text()).toBe("10 bytes\ncontent 19\nend\n")
    expect(await child.exited).toBe(0)
    for (const each of [calls.adopt(number), near, far]) each.close()
  })
)

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test.concurrent(
    `signals arrive, and ${signal} ends a main program with its finalizers`,
    inSlot(async () => {
      const child = start("main.ts")
      const output = outputOf(child)
      await output.until("ready")
      child.kill("SIGUSR1")
      await output.until("SIGUSR1")
      child.kill(signal)
      // Again, while it is ending: its finalizers are not disturbed.
      child.kill(signal)
      expect(await output.toEnd()).toBe("ready\nbehind runMain\nSIGUSR1\nfinalized\n")
      expect(await child.exited).toBe(3)
    })
  )
}

test.concurrent(
  "SIGHUP ends a main program, or is told to it where it asks for that",
  inSlot(async () => {
    const ending = start("main.ts")
    const asking = start("main.ts", "tells of SIGHUP")
    const [first, second] = [outputOf(ending), outputOf(asking)]
    await Promise.all([first.until("ready"), second.until("ready")])
    ending.kill("SIGHUP")
    asking.kill("SIGHUP")
    await second.until("SIGHUP")
    asking.kill("SIGTERM")
    expect(await first.toEnd()).toBe("ready\nbehind runMain\nfinalized\n")
    expect(await second.toEnd()).toBe("ready\nbehind runMain\nSIGHUP\nfinalized\n")
    expect([await ending.exited, await asking.exited]).toEqual([3, 3])
  })
)

test.concurrent(
  "a main program that fails exits with what is made of it",
  inSlot(async () => {
    const child = start("main.ts", "fails")
    expect(await outputOf(child).toEnd()).toBe("ready\nbehind runMain\nfinalized\n")
    expect(await child.exited).toBe(4)
  })
)

test.concurrent(
  "a defect in making the exit code is not taken for success",
  inSlot(async () => {
    const child = start("main.ts", "exitCode throws")
    const output = outputOf(child)
    await output.until("ready")
    child.kill("SIGTERM")
    await output.toEnd()
    expect(await child.exited).toBe(1)
    expect(await new Response(child.stderr).text()).toContain("no exit code")
  })
)

for (const where of ["JavaScript", "system call"]) {
  test.concurrent(
    `a hang in ${where} ends a watched process; waiting and working do not`,
    inSlot(async () => {
      const child = start("hangs.ts", where)
      expect(await outputOf(child).toEnd()).toBe("idled\nworked\n")
      await child.exited
      expect(child.signalCode).toBe("SIGALRM")
      expect(await new Response(child.stderr).text()).toBe("")
    })
  )
}

/** Context switches of each thread so far; those of the engine's helpers, which end by themselves in the first seconds, left out. */
const switchesOf = (pid: number): ReadonlyMap<string, string> => {
  const switches = new Map<string, string>()
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const directory = `/proc/${pid}/task/${task}`
    if (!existsSync(directory)) continue
    const name = readFileSync(`${directory}/comm`, "utf8").trim()
    if (/^(JIT|JSC|Heap|.?ollector)/.test(name)) continue
    const lines = readFileSync(`${directory}/status`, "utf8").match(/^(non)?voluntary_ctxt_switches:.*$/gm) ?? []
    switches.set(`${name} ${task}`, lines.join(", "))
  }
  return switches
}

/** As long as a program must have nothing to do. */
const quietMillis = 10_000
/** So many times this is looked for: at first the engine compiles what it wants to, for as long as a busy machine makes it take. */
const periodsMax = 3

/** Lets an idle program idle, for one period without a context switch or for some with; how often one had none. */
const quietPeriodsOf = async (periods: number, ...args: ReadonlyArray<string>): Promise<number> => {
  const directory = mkdtempSync(join(tmpdir(), "reactor-idle-"))
  const child = start("idle.ts", join(directory, "socket"), ...args)
  const output = outputOf(child)
  await output.until("ready")
  let quiet = 0
  for (let left = periods; left > 0 && quiet === 0; left--) {
    const before = switchesOf(child.pid)
    await Bun.sleep(quietMillis)
    const after = switchesOf(child.pid)
    expect(after.get([...after.keys()].find((key) => key.endsWith(` ${child.pid}`)) ?? "")).toContain("voluntary")
    if (Bun.deepEquals(before, after)) quiet++
  }
  child.kill("SIGTERM")
  expect(await child.exited).toBe(0)
  expect(existsSync(join(directory, "socket"))).toBe(false)
  rmSync(directory, { recursive: true })
  return quiet
}

test.concurrent("an idle program sleeps in the kernel: ten seconds without a context switch of any thread", async () => {
  expect(await quietPeriodsOf(periodsMax)).toBe(1)
})

test.concurrent("one that ticks is seen to", async () => {
  expect(await quietPeriodsOf(1, "ticks")).toBe(0)
})
