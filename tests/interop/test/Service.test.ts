/** dist/scached as master(8) of a real Postfix runs it: in scache's line of master.cf, with another root and without rights. */
import { describe, expect } from "bun:test"
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import { LabFailure } from "../src/LabFailure.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as MailLog from "../src/MailLog.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import * as TempDirectory from "../src/TempDirectory.ts"
import { labTest } from "./labTest.ts"

const scached = join(import.meta.dir, "../../../dist/scached")
const impediment = scachedExecutable.impediment()
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000
const pollMillis = 20

const startPostfix = (settings: Readonly<Record<string, string>> = {}, commandArguments = "") =>
  PrivatePostfix.start({ cache: { executable: scached, commandArguments, isChrooted: true }, settings })

/** The processes of this Postfix that run scached. */
const running = (directory: string): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, "latin1")
          .split("\0")
          .includes(`MAIL_CONFIG=${directory}/conf`)
        return isOurs && readFileSync(`/proc/${pid}/comm`, "latin1").trim() === "scached"
      } catch {
        return false
      }
    })

const waitUntil = (attempt: string, millisMax: number, isTrue: () => boolean) =>
  Effect.timeoutOrElse(
    Effect.gen(function* () {
      while (!isTrue()) yield* Effect.sleep(pollMillis)
    }),
    {
      duration: millisMax,
      orElse: () => Effect.fail(new LabFailure({ attempt, found: `nothing of it in ${millisMax} ms` }))
    }
  )

const ownEntries = (postfix: PrivatePostfix.PrivatePostfix): ReadonlyArray<MailLog.LogEntry> =>
  postfix.readLog().filter(({ program }) => program === "scached")

const troubles = (postfix: PrivatePostfix.PrivatePostfix): ReadonlyArray<string> =>
  postfix
    .readLog()
    .filter(MailLog.isProblem)
    .map(({ severity, program, text }) => `${program}: ${severity}: ${text}`)

/** What a run of one interval with lookups of both kinds is told in; Statistics.test.ts holds their figures against scache(8)'s. */
const runPatterns = [
  /^started: scached \S+, mode master, at most \d+ connections and \d+ clients with \d+ descriptors, ttl limit 2 s, io_uring (un)?used$/,
  /^statistics: start interval [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d$/,
  /^statistics: domain lookup hits=\d+ miss=\d+ success=\d+%$/,
  /^statistics: address lookup hits=\d+ miss=\d+ success=\d+%$/,
  /^statistics: max simultaneous domains=\d+ addresses=\d+ connection=\d+$/,
  /^ended by max_idle after \d+ s: \d+ clients, \d+ connections saved, \d+ handed over$/
].map((pattern) => expect.stringMatching(pattern))

describe("in scache's place in a real Postfix", () => {
  labTest("300 mails, another root, another user, max_idle, and back again", { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const postfix = yield* startPostfix({ max_idle: "3s" })
      const { directory } = postfix
      yield* MailLoad.startSink(postfix.address)
      yield* MailLoad.send(postfix.address, { mails: 300, sessions: 4 })
      const delivered = yield* postfix.waitForSent(300, deliveryMillisMax)
      console.log(`scached in a chroot: ${delivered.reused} of ${delivered.sent} mails over used connections`)
      expect(delivered.unsent).toBe(0)
      expect(delivered.reused).toBeGreaterThanOrEqual(240)

      const [pid, ...others] = running(directory)
      if (pid === undefined) throw new Error("scached is not running")
      expect(others).toEqual([])
      const owner = statSync(join(directory, "data")).uid
      expect(statSync(`/proc/${pid}`).uid).toBe(owner)
      expect(readlinkSync(`/proc/${pid}/root`)).toBe(join(directory, "q"))
      expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(join(directory, "q"))
      const status = readFileSync(`/proc/${pid}/status`, "latin1")
      expect(status).toMatch(new RegExp(`^Uid:\\s+${owner}\\s+${owner}\\s+${owner}\\s+${owner}$`, "m"))
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
      expect(status).toMatch(/^CapEff:\s+0+$/m)

      yield* waitUntil("see it leave after max_idle", 15_000, () => running(directory).length === 0)
      // postlogd(8) writes the file, in its own time.
      yield* waitUntil("read its statistics", 5_000, () => ownEntries(postfix).length >= runPatterns.length)
      const said = ownEntries(postfix).map(({ text }) => text)
      expect(said).toEqual(runPatterns)
      const tagged = new RegExp(
        `^[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\S+ postfix/scached\\[${pid}\\]: `,
        "gm"
      )
      expect(readFileSync(join(directory, "mail.log"), "latin1").match(tagged)).toHaveLength(said.length)
      const lookups = said.flatMap((text) => /lookup hits=(\d+) miss=(\d+)/.exec(text)?.slice(1, 2) ?? []).map(Number)
      expect(lookups.reduce((sum, hits) => sum + hits, 0)).toBeGreaterThanOrEqual(delivered.reused)

      yield* MailLoad.send(postfix.address, { mails: 20, sessions: 2 })
      yield* postfix.waitForSent(320, deliveryMillisMax)
      expect(running(directory)).not.toContain(pid)
      expect(running(directory)).toHaveLength(1)
      expect(troubles(postfix)).toEqual([])
    })
  )

  labTest(
    "below its new root it looks for no file but those that it does without",
    { timeoutMillis, impediment: impediment ?? (Bun.which("strace") === null ? "strace is not installed" : undefined) },
    () =>
      Effect.gen(function* () {
        const directory = yield* TempDirectory.make
        const [wrapper, trace] = [join(directory, "scached"), join(directory, "trace")]
        writeFileSync(wrapper, `#!/bin/sh\nexec strace -f -e trace=%file -o ${trace} ${scached} "$@"\n`, {
          mode: 0o755
        })
        const cache = { executable: wrapper, commandArguments: "-v", isChrooted: true }
        const postfix = yield* PrivatePostfix.start({ cache, settings: { max_idle: "3s" } })
        yield* MailLoad.startSink(postfix.address)
        yield* MailLoad.send(postfix.address, { mails: 40, sessions: 2 })
        const { reused } = yield* postfix.waitForSent(40, deliveryMillisMax)
        expect(reused).toBeGreaterThan(0)
        yield* waitUntil("see it leave after max_idle", 20_000, () =>
          readFileSync(trace, "latin1").includes("+++ exited with 0")
        )
        const [before = "", after] = readFileSync(trace, "latin1").split(/^.*\bchroot\(.*$/m)
        expect(before).toContain("/etc/passwd")
        const looked = [...(after ?? "").matchAll(/^\d+\s+\w+\((?:AT_FDCWD, )?"([^"]*)"/gm)].map(
          (match) => match[1] ?? ""
        )
        // Its own root; the size of its memory, which its allocator does without; the time zone, which it knows by TZ.
        const isSpared = (path: string) =>
          path === "/" || path === "/proc/self/statm" || /localtime$|zoneinfo|^\/etc$/.test(path)
        expect(looked.filter((path) => !isSpared(path))).toEqual([])
      })
  )

  labTest("gone by itself when master(8) ends", { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const postfix = yield* startPostfix()
      yield* MailLoad.startSink(postfix.address)
      yield* MailLoad.send(postfix.address, { mails: 20, sessions: 2 })
      yield* postfix.waitForSent(20, deliveryMillisMax)
      expect(running(postfix.directory)).toHaveLength(1)
      const master = Number(readFileSync(join(postfix.directory, "q/pid/master.pid"), "latin1"))
      // As `postfix stop` does, and nothing else here ends what stays.
      process.kill(master, "SIGTERM")
      yield* waitUntil("see master end", 60_000, () => !existsSync(`/proc/${master}`))
      yield* waitUntil("see scached leave", 60_000, () => running(postfix.directory).length === 0)
    })
  )

  labTest("postfix reload under load loses no mail", { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const postfix = yield* startPostfix()
      yield* MailLoad.startSink(postfix.address)
      const first = running(postfix.directory)
      expect(first).toEqual([])
      const sending = MailLoad.send(postfix.address, { mails: 300, sessions: 4 })
      const reloading = Effect.gen(function* () {
        for (let reload = 1; reload <= 3; reload++) {
          yield* postfix.waitForSent(reload * 40, deliveryMillisMax)
          const before = running(postfix.directory)
          yield* postfix.reload
          yield* waitUntil("see the old scached leave", 60_000, () =>
            running(postfix.directory).every((pid) => !before.includes(pid))
          )
        }
      })
      // Together, so that mail that cannot be submitted fails the test at once, and with its own words.
      yield* Effect.all([sending, reloading], { concurrency: 2, discard: true })
      const delivered = yield* postfix.waitForSent(300, deliveryMillisMax)
      expect(delivered).toMatchObject({ sent: 300, unsent: 0, broken: [] })
      console.log(`with three reloads: ${delivered.reused} of ${delivered.sent} mails over used connections`)
      expect(troubles(postfix).filter((text) => text.startsWith("scached"))).toEqual([])
    })
  )

  labTest(
    "what is wrong is told in the mail log, in main.cf's and master.cf's terms",
    { timeoutMillis, impediment },
    () =>
      Effect.gen(function* () {
        const postfix = yield* startPostfix({}, "-o connection_cache_ttl_limit=soon")
        yield* MailLoad.startSink(postfix.address)
        yield* MailLoad.send(postfix.address, { mails: 1, sessions: 1 })
        yield* waitUntil("see the fatal error", 60_000, () =>
          ownEntries(postfix).some(({ severity }) => severity === "fatal")
        )
        expect(ownEntries(postfix)[0]?.text).toContain("connection_cache_ttl_limit")
      })
  )

  labTest("it may idle for longer than daemon_timeout", { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const postfix = yield* startPostfix({}, "-o daemon_timeout=3s")
      yield* MailLoad.startSink(postfix.address)
      yield* MailLoad.send(postfix.address, { mails: 4, sessions: 1 })
      yield* postfix.waitForSent(4, deliveryMillisMax)
      const [pid] = running(postfix.directory)
      if (pid === undefined) throw new Error("scached is not running")
      // No state tells that time has passed.
      yield* Effect.sleep(4_000)
      expect(running(postfix.directory)).toEqual([pid])
    })
  )
})
