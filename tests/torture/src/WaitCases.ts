/** What may keep a cache from its clients, besides the hostile cases. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Conversation, LabFailure, TempDirectory } from "@scached/interop"
import { Effect, type Scope } from "effect"
import * as Daemon from "./Daemon.ts"
import { becomes, openDescriptors } from "./Daemon.ts"
import type { Start, Started } from "./Hostile.ts"
import { ask, greeted, type HostileCase, othersAnswered, save, type Victim } from "./HostileCase.ts"
import type { Visitor } from "./Visitor.ts"

/** How much of it there is. */
export interface WaitScale {
  /** Connections whose far ends leave together. */
  readonly deaths: number
  /** Connections of which each is as awkward to close as its kind can be. */
  readonly odd: number
  /** How long cached connections are left in peace, so that the kernel watches them; and how long a cache is left alone. */
  readonly restMillis: number
  /** Bytes of a main.cf, of which a megabyte is read. */
  readonly settingsBytes: number
}

/** As much as `bun run waits` measures. */
export const wholeScale: WaitScale = { deaths: 9_900, odd: 200, restMillis: 3_000, settingsBytes: 1_000_000 }

/** As much as shows that a case is played. */
export const shortScale: WaitScale = { deaths: 100, odd: 5, restMillis: 100, settingsBytes: 10_000 }

/** A case that may need a scached of its own. */
export interface WaitCase extends HostileCase {
  /** Starts scached as the case needs it. */
  readonly startScached?: (program: string | undefined) => Start<SystemCalls | Scope.Scope>
  /** Why it is not tried with scache(8). */
  readonly withoutScache?: string
}

const ttlSeconds = "1"
/** What is not closed within that time stays until its time is over, as with a cache that does not look at far ends. */
const closedMillisMax = 3_000
const parameters = { connection_cache_ttl_limit: "100s" }

/** Saves connections of a kind and lets their far ends leave, and then asks as another client. */
const odd = (
  victim: Victim,
  kind: string,
  {
    count,
    millis,
    seconds = ttlSeconds
  }: { readonly count: number; readonly millis: number; readonly seconds?: string }
): string => {
  const other = greeted(victim)
  const base = openDescriptors(victim.pid)
  victim.runToEnd("oddConnections", victim.socketPath, kind, `${count}`, seconds, `${millis}`)
  becomes(() => openDescriptors(victim.pid) <= base, closedMillisMax)
  return ask(other)
}

/** Closes that their makers have made as awkward as is harmless: of what kind, and in words. */
const oddKinds = [
  ["listener", "listeners with 64 connections each that nobody accepts, saved and expired"],
  ["multicast", "UDP sockets in multicast groups, saved"],
  ["queue", "UNIX connections with thousands of descriptors unread, saved and expired"],
  ["pipe", "pipes, saved"],
  ["stray", "messages of 253 descriptors that nobody has asked for"]
] as const

/** A scached whose settings stand in a directory of its own. */
const withSettings = (use: (directory: string) => void) =>
  Effect.fnUntraced(function* (
    program: string | undefined
  ): Effect.fn.Return<Started, LabFailure.LabFailure, SystemCalls | Scope.Scope> {
    const directory = yield* TempDirectory.make
    writeFileSync(join(directory, "main.cf"), "")
    use(directory)
    return yield* Daemon.start({ program, parameters, options: ["--config-directory", directory] })
  })

const reloadsMax = 3

/** Has a daemon read settings of that many bytes again and again. */
const reload = (name: string, settings: (bytesMax: number) => string, { settingsBytes }: WaitScale): WaitCase => {
  let directory = ""
  return {
    name: `SIGHUP, and main.cf is ${name}`,
    scached: othersAnswered,
    withoutScache: "master(8) ends it",
    startScached: withSettings((made) => {
      directory = made
    }),
    run: (victim) => {
      const other = greeted(victim)
      writeFileSync(join(directory, "main.cf"), settings(settingsBytes))
      let answer = ""
      for (let left = reloadsMax; left > 0; left--) {
        process.kill(victim.pid, "SIGHUP")
        // Time for the reload, beside which the client asks.
        Bun.sleepSync(200)
        answer = ask(other)
      }
      return answer
    }
  }
}

const repeated = (bytesMax: number, line: (index: number) => string): string => {
  let text = ""
  for (let index = 0; text.length < bytesMax; index++) text += line(index)
  return text
}

/** A scached on a terminal that is paused, and that nobody reads. */
const onPausedTerminal = Effect.fnUntraced(function* (
  program: string | undefined
): Effect.fn.Return<Started, LabFailure.LabFailure, SystemCalls | Scope.Scope> {
  const socketPath = join(yield* TempDirectory.make, "socket")
  const command = Daemon.commandLineOf({ program, parameters, options: ["-v"] }, socketPath)
  let shown = ""
  const { child, terminal } = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const made = new Bun.Terminal({
        cols: 500,
        data: (_, data) => {
          shown += Buffer.from(data).toString()
        }
      })
      return { terminal: made, child: Bun.spawn([...command], { terminal: made }) }
    }),
    (started) =>
      Effect.promise(async () => {
        started.child.kill("SIGKILL")
        await started.child.exited
        started.terminal.close()
      })
  )
  while (!shown.includes("listening on")) {
    if (child.exitCode !== null) return yield* new LabFailure.LabFailure({ attempt: command.join(" "), found: shown })
    yield* Effect.sleep(5)
  }
  terminal.write("\x13")
  return { pid: child.pid, socketPath }
})

const fewDescriptors = 256
const manyClients = 80

/** Clients that all come at once, each with a question; how many of them were answered, until one was not. */
const askTogether = (victim: Victim, count: number): number => {
  const visitors: Array<Visitor> = []
  try {
    for (; visitors.length < count; visitors.push(greeted(victim)));
  } catch (cause) {
    // It was not even greeted.
    if (!(cause instanceof Conversation.ConversationFailure)) throw cause
  }
  const answered = visitors.filter((each) => ask(each) === othersAnswered).length
  for (const each of visitors) each.leave()
  return answered
}

/** See the module. */
export const waitCases = (scale: WaitScale): ReadonlyArray<WaitCase> => [
  {
    name: "nothing",
    scached: othersAnswered,
    run: (victim) => {
      Bun.sleepSync(scale.restMillis)
      return ask(greeted(victim))
    }
  },
  ...(["unix", "tcp"] as const).map((kind) => ({
    name: `the far ends of ${scale.deaths} cached ${kind === "tcp" ? "TCP" : "UNIX"} connections leave together`,
    scached: othersAnswered,
    needs: "cc" as const,
    run: (victim: Victim) => odd(victim, kind, { count: scale.deaths, millis: scale.restMillis, seconds: "90" })
  })),
  {
    name: `${scale.deaths} cached connections expire together`,
    scached: othersAnswered,
    needs: "cc",
    // Their far ends stay until all have expired.
    run: (victim) => odd(victim, "tcp", { count: scale.deaths, millis: 1_500 + scale.restMillis })
  },
  ...oddKinds.map(([kind, name]) => ({
    name,
    scached: othersAnswered,
    needs: "cc" as const,
    run: (victim: Victim) => odd(victim, kind, { count: scale.odd, millis: 1_500 })
  })),
  reload(
    "a megabyte of unknown users",
    (max) => `scached_allow_users = ${repeated(max, (index) => `u${index} `)}\n`,
    scale
  ),
  reload(
    "a megabyte of parameters that refer to each other",
    (max) => repeated(max, (index) => `a${index} = $a${index + 1}\n`),
    scale
  ),
  reload(
    "a megabyte of names that scached does not know",
    (max) => repeated(max, (index) => `scached_x${index} = y\n`),
    scale
  ),
  {
    name: "its terminal is paused, and each request is logged",
    scached: othersAnswered,
    withoutScache: "has no terminal",
    startScached: onPausedTerminal,
    run: (victim) => {
      const other = greeted(victim)
      let answer = ask(other)
      for (let left = 2 * scale.odd; left > 0 && answer === othersAnswered; left--) answer = ask(other)
      return answer
    }
  },
  {
    name: `${manyClients} clients come to a full cache with ${fewDescriptors} descriptors`,
    scached: `${manyClients} are answered`,
    startScached: (program) => Daemon.start({ program, parameters, prefix: ["prlimit", `--nofile=${fewDescriptors}`] }),
    run: (victim) => {
      const saver = greeted(victim)
      Bun.spawnSync(["prlimit", "--pid", `${victim.pid}`, `--nofile=${fewDescriptors}`])
      // Each is closed at once where the cache is full.
      const saved = Array.from({ length: 150 }, (_, index) => save(victim, saver, `${index}`))
      const answered = askTogether(victim, manyClients)
      for (const { far } of saved) far.close()
      return `${answered} are answered`
    }
  }
]
