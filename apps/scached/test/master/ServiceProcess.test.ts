/** The service as a process of its own, with this test in master(8)'s place. */
import { expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Descriptor, KernelSystemCalls, Readiness, SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import { linesOfScache } from "../support/Master.ts"

const calls = Effect.runSync(Effect.map(SystemCalls, (found) => found).pipe(Effect.provide(KernelSystemCalls.layer)))

const must = <A>(result: A | number): Exclude<A, number> => {
  if (typeof result === "number") throw new Error(`a system call failed with errno ${-result}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return result as Exclude<A, number>
}

/** Starts the service with a client that already waits, and returns once that was greeted. */
const start = (...options: ReadonlyArray<string>) => {
  const directory = mkdtempSync(join(tmpdir(), "service-"))
  mkdirSync(join(directory, "queue"))
  writeFileSync(join(directory, "main.cf"), `queue_directory = ${directory}/queue\n`)
  const path = join(directory, "s")
  const listener = must(calls.socket())
  calls.bind(listener, path)
  calls.listen(listener, 10)
  const client = must(calls.socket())
  calls.connect(client, path)
  const [status, theirs] = must(calls.socketPair())
  const [flow, other] = must(calls.socketPair())
  const numbers = [flow, other, theirs, listener].map((each) => each.surrender())
  const program = join(import.meta.dir, "../programs/hangingService.ts")
  const child = Bun.spawn(
    [process.execPath, program, "-l", "-t", "unix", "-n", "scache", "-V", ...linesOfScache, ...options],
    {
      stdio: ["ignore", "ignore", "pipe", ...numbers],
      env: { ...process.env, MAIL_CONFIG: directory, GENERATION: "1" }
    }
  )
  for (const number of numbers) calls.adopt(number).close()
  waitForBytes(client)
  return {
    child,
    standardError: () => new Response(child.stderr).text(),
    status,
    end: () => {
      for (const each of [client, status]) if (each.isOwned) each.close()
      rmSync(directory, { recursive: true })
    }
  }
}

const waitForBytes = (socket: Descriptor): void => {
  const epoll = must(calls.epollCreate())
  calls.epollAdd(epoll, socket, Readiness.readable, 1)
  const count = calls.epollWait(epoll, calls.makeReadinessBatch(1), 20_000)
  epoll.close()
  if (count !== 1) throw new Error("the service did not greet its client in 20 s")
}

test("a hang ends by SIGALRM after daemon_timeout", async () => {
  const service = start("-o", "daemon_timeout=1s")
  const began = performance.now()
  service.child.kill("SIGUSR2")
  await service.child.exited
  const took = performance.now() - began
  service.end()
  expect(service.child.signalCode).toBe("SIGALRM")
  expect(took).toBeGreaterThan(700)
  expect(took).toBeLessThan(3_000)
})

test("SIGUSR1 logs its state, and does not end it", async () => {
  const service = start()
  service.child.kill("SIGUSR1")
  // Signals come in no certain order: the second one must find the first one answered.
  const reader = service.child.stderr.getReader()
  let said = ""
  while (!said.includes("status: limits reached")) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`it ended: ${said}`)
    said += new TextDecoder().decode(value)
  }
  service.child.kill("SIGTERM")
  expect(await service.child.exited).toBe(0)
  expect(said).toContain("clients=1")
  service.end()
})

test("it ends with 0 by SIGTERM, and when master's channel ends", async () => {
  const one = start()
  one.child.kill("SIGTERM")
  const other = start()
  other.status.close()
  expect([await one.child.exited, await other.child.exited]).toEqual([0, 0])
  expect([await one.standardError(), await other.standardError()]).toEqual(["", ""])
  one.end()
  other.end()
})
