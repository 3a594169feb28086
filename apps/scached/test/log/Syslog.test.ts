/** The log at a real /dev/log: the tests are syslogd, in a /dev of their own. */
import { beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, readFileSync, readlinkSync } from "node:fs"
import { Connection } from "@scached/reactor/effect"
import { Effect } from "effect"
import { ask, octets, runOnReactor } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, forms } from "../support/Daemon.ts"
import { DatagramInbox } from "../support/DatagramInbox.ts"
import * as Master from "../support/Master.ts"
import { PrivateDevices } from "../support/PrivateDevices.ts"

beforeAll(ensureExecutable)

const { CI } = process.env
const timeoutMillis = 60_000

/** A user without rights, on every system. */
const words = ["-l", "-n", "scache", "-t", "unix", "-u", "-v", "-o", "mail_owner=nobody"]

/** What LogSocket keeps for a logger that is busy or away. */
const waitingMessagesMax = 1_000

const impediment = process.getuid?.() === 0 ? PrivateDevices.impediment() : "needs root"

/** Where there can be no /dev of one's own it is skipped with the reason, but under CI it fails: there it is part of the job. */
const deviceTest = (name: string, body: () => Promise<void>): void => {
  if (impediment !== undefined && !CI) return test.skip(`${name} [${impediment}]`, () => undefined)
  test(
    name,
    async () => {
      if (impediment !== undefined) throw new Error(impediment)
      await body()
    },
    timeoutMillis
  )
}

const find = (cache: Connection.Connection, label: string) => ask(cache, { _tag: "FindEndpoint", label: octets(label) })

const asks = (label: string) => `find_endp label="${label}": nothing cached`

/** The labels that were asked for, in the order of the log. */
const labelsIn = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.flatMap((line) => / find_endp label="(.*)": nothing cached$/.exec(line)?.[1] ?? [])

/** How many datagrams the kernel keeps for a logger that does not read. */
const queueLength = (): number => Number(readFileSync("/proc/sys/net/unix/max_dgram_qlen", "utf8")) + 1

for (const { name, command } of forms) {
  describe(`the service, ${name}`, () => {
    deviceTest("logs to the /dev/log that it opened before its root changed, later to the one in its root", () =>
      runOnReactor(
        Effect.gen(function* () {
          using devices = new PrivateDevices()
          using logger = new DatagramInbox(devices.logPath)
          const service = yield* Master.start(devices.command(command), [...words, "-c"], { isLoggedElsewhere: true })
          const cache = yield* Connection.connect(service.socketPath)
          yield* find(cache, "before")
          expect(readlinkSync(`/proc/${service.processId}/root`)).toBe(service.queueDirectory)
          const [connect = "", request = ""] = logger.until((text) => text.endsWith(asks("before")))
          const start = `<22>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} lab/\\S+\\[${service.processId}\\]: `
          expect(connect).toMatch(new RegExp(`^${start}client pid=${process.pid} uid=0: connect$`))
          expect(request).toMatch(new RegExp(`^${start}client pid=${process.pid} uid=0: find_endp`))
          logger[Symbol.dispose]()
          yield* find(cache, "while it is away")
          mkdirSync(`${service.queueDirectory}/dev`)
          using inside = new DatagramInbox(`${service.queueDirectory}/dev/log`)
          expect(inside.next()).toEndWith(asks("while it is away"))
          yield* find(cache, "after")
          expect(inside.next()).toEndWith(asks("after"))
          service.loseMaster()
          expect(yield* service.ended).toEqual({ exitCode: 0, lines: [] })
        })
      )
    )

    deviceTest("finds a logger again that has made its socket anew", () =>
      runOnReactor(
        Effect.gen(function* () {
          using devices = new PrivateDevices()
          const service = yield* Master.start(devices.command(command), words, { isLoggedElsewhere: true })
          const cache = yield* Connection.connect(service.socketPath)
          for (const label of ["the first logger", "the second", "the third"]) {
            yield* find(cache, label)
            using logger = new DatagramInbox(devices.logPath)
            expect(labelsIn(logger.until((text) => text.endsWith(asks(label))))).toEqual([label])
          }
        })
      )
    )

    deviceTest(
      "waits for no logger that is stuck, neither while it serves nor at its end, and tells it what was lost",
      () =>
        runOnReactor(
          Effect.gen(function* () {
            using devices = new PrivateDevices()
            using logger = new DatagramInbox(devices.logPath)
            const service = yield* Master.start(devices.command(command), words, { isLoggedElsewhere: true })
            const cache = yield* Connection.connect(service.socketPath)
            const kept = queueLength() + waitingMessagesMax
            const labels = Array.from({ length: kept + 200 }, (_, index) => `${index}`)
            // Each is answered, or this would not end.
            for (const label of labels) yield* find(cache, label)
            const told = logger.until((text) => text.includes("log messages were lost here"))
            // One line told that the client has connected.
            expect(labelsIn(told)).toEqual(labels.slice(0, kept - 1))
            expect(told).toHaveLength(kept + 1)
            expect(told.at(-1)).toEndWith("]: warning: 201 log messages were lost here: the logger did not take them")
            yield* find(cache, "afterwards")
            expect(logger.next()).toEndWith(asks("afterwards"))
            for (const label of labels.slice(0, kept)) yield* find(cache, label)
            service.loseMaster()
            expect((yield* service.ended).exitCode).toBe(0)
            expect(labelsIn(logger.rest())).toEqual(labels.slice(0, queueLength()))
          })
        )
    )
  })

  describe(`serve --log-to syslog, ${name}`, () => {
    const serve = (socket: string) => ["serve", "--socket", socket, "--log-to", "syslog", ...Master.linesOfScache]

    deviceTest("logs to /dev/log, and nothing to standard error", async () => {
      using directory = new Directory()
      using devices = new PrivateDevices()
      using logger = new DatagramInbox(devices.logPath)
      const facility = ["-o", "syslog_facility=local0", "-o", "syslog_name=lab"]
      const args = [...serve(directory.join("s")), ...facility]
      await using daemon = Daemon.startAnyhow(devices.command(command), args)
      const { pid } = daemon.child
      expect(logger.next()).toMatch(
        new RegExp(`^<134>[A-Z].{14} lab/scached\\[${pid}\\]: listening on ${directory.join("s")}$`)
      )
      expect(await daemon.stop()).toBe(0)
      expect(daemon.stderr).toBe("")
    })

    deviceTest("without a /dev/log warns, and has the lines wait until there is one", async () => {
      using directory = new Directory()
      using devices = new PrivateDevices()
      await using daemon = Daemon.startAnyhow(devices.command(command), serve(directory.join("s")))
      await daemon.untilSaid("\n")
      expect(daemon.stderr).toMatch(
        /^\S+ \S+ scached: warning: --log-to syslog: no syslog daemon is accepting messages; the first 1000 lines are kept until one does: connect \/dev\/log: no such file or directory \(ENOENT\)\n$/
      )
      using logger = new DatagramInbox(devices.logPath)
      expect(logger.next()).toEndWith(`]: listening on ${directory.join("s")}`)
      logger[Symbol.dispose]()
      using next = new DatagramInbox(devices.logPath)
      daemon.child.kill("SIGHUP")
      expect(next.next()).toContain("]: reload: nothing changed")
      expect(await daemon.stop()).toBe(0)
      expect(daemon.stderr.split("\n")).toHaveLength(2)
    })
  })
}
