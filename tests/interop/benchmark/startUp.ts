/**
 * How long from the start of a daemon to its greeting of a client that already waits, and how much memory it has while idle: scache(8)
 * and dist/scached, each as master(8) starts it, in a chroot and as user postfix.
 *
 *     bun run build && cd tests/interop && bun benchmark/startUp.ts
 */
import { chownSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Descriptor, KernelSystemCalls, Readiness, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect } from "effect"
import * as ConfigurationFile from "../src/ConfigurationFile.ts"
import { postfixPaths } from "../src/PostfixTools.ts"
import { ownerOfPostfix } from "../src/PrivatePostfix.ts"
import * as TempDirectory from "../src/TempDirectory.ts"

const rounds = 20
const executables = { scache: postfixPaths.scache, scached: join(import.meta.dir, "../../../dist/scached") }
const settleMillis = 1_000

const must = <A>(value: A | number): Exclude<A, number> => {
  if (typeof value === "number") throw new Error(`a system call failed with errno ${-value}`)
  // The condition has just excluded the number; the compiler does not narrow a type parameter.
  return value as Exclude<A, number>
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((one, other) => one - other)[values.length >> 1] ?? Number.NaN

const memoryOf = (pid: number) => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) / 1024
  return { resident: megabytes("Rss"), anonymous: megabytes("Anonymous") }
}

const configure = (directory: string): void => {
  for (const name of ["queue", "data"]) mkdirSync(join(directory, name))
  chownSync(join(directory, "data"), ownerOfPostfix().uid, 0)
  ConfigurationFile.write(join(directory, "master.cf"), [])
  const settings = {
    compatibility_level: "3.6",
    queue_directory: join(directory, "queue"),
    data_directory: join(directory, "data"),
    mail_owner: "postfix"
  }
  ConfigurationFile.write(join(directory, "main.cf"), ConfigurationFile.settings(settings))
}

const waitForBytes = (calls: SystemCalls["Service"], socket: Descriptor): void => {
  const epoll = must(calls.epollCreate())
  calls.epollAdd(epoll, socket, Readiness.readable, 1)
  if (calls.epollWait(epoll, calls.makeReadinessBatch(1), 10_000) !== 1) throw new Error("no greeting in 10 s")
  epoll.close()
}

/** One start: the time to the greeting, and the memory a second later, with the client still connected. */
const startOnce = Effect.fnUntraced(function* (executable: string) {
  const calls = yield* SystemCalls
  const directory = yield* TempDirectory.make
  configure(directory)
  const path = join(directory, "s")
  const listener = yield* UnixSocket.listen(path, { mode: 0o666, backlog: 10 })
  const client = must(calls.socket())
  calls.connect(client, path)
  const [status, theirs] = must(calls.socketPair())
  const [flow, other] = must(calls.socketPair())
  const numbers = [flow, other, theirs, listener.take()].map((each) => each.surrender())
  const began = performance.now()
  const child = Bun.spawn([executable, "-l", "-n", "scache", "-t", "unix", "-u", "-c"], {
    stdio: ["ignore", "ignore", "ignore", ...numbers],
    env: { MAIL_CONFIG: directory, GENERATION: "1", LANG: "C" }
  })
  waitForBytes(calls, client)
  const millis = performance.now() - began
  yield* Effect.sleep(settleMillis)
  const memory = memoryOf(child.pid)
  for (const number of numbers) calls.adopt(number).close()
  client.close()
  status.close()
  yield* Effect.promise(() => child.exited)
  return { millis, ...memory }
}, Effect.scoped)

const measure = Effect.gen(function* () {
  for (const [name, executable] of Object.entries(executables)) {
    const runs: Array<{ readonly millis: number; readonly resident: number; readonly anonymous: number }> = []
    for (let round = 0; round < rounds; round++) runs.push(yield* startOnce(executable))
    const figure = (pick: (run: (typeof runs)[number]) => number) => median(runs.map(pick)).toFixed(1)
    console.log(
      `${name}: greets after ${figure((run) => run.millis)} ms, resident ${figure((run) => run.resident)} MB, ` +
        `of it anonymous ${figure((run) => run.anonymous)} MB (medians of ${rounds})`
    )
  }
})

await Effect.runPromise(measure.pipe(Effect.provide(KernelSystemCalls.layer)))
