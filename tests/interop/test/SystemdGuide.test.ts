/** docs/systemd.md and the units beside it, with a real systemd: the commands are run as they stand there. */
import { expect } from "bun:test"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { SystemCalls } from "@scached/fdpass"
import { Effect } from "effect"
import * as Exchange from "../src/CacheExchange.ts"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as ConfigurationFile from "../src/ConfigurationFile.ts"
import * as Conversation from "../src/Conversation.ts"
import * as Greeting from "../src/Greeting.ts"
import * as MarkedConnection from "../src/MarkedConnection.ts"
import * as PrivateSystemd from "../src/PrivateSystemd.ts"
import { labTest } from "./labTest.ts"

/** Only a failure takes that long. */
const timeoutMillis = 240_000
const impediment = scachedExecutable.impediment() ?? PrivateSystemd.impediment()

const guide = readFileSync(join(import.meta.dir, "../../../docs/systemd.md"), "utf8")

/** The commands of its set-up, and of the way back, but for what needs a Postfix that runs. */
const [setUp = "", goBack = ""] = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) =>
  (match[1] ?? "").replace(/^postfix reload$/m, "")
)

const service = "scached.service"
const socketPath = "/var/spool/postfix/private/scached"

/**
 * Before this version systemd's @system-service lacks epoll_pwait2(2), which Bun tries, and does without when it is refused. Only with a
 * later one can what is refused be fatal.
 */
const versionWithAllCalls = 249
const systemdVersion = Number(/^systemd (\d+)/.exec(PrivateSystemd.version())?.[1] ?? 0)

/**
 * What is changed of the units: where the log goes, since there is no journal here, how soon a hang is noticed, and that a system call which
 * SystemCallFilter= holds back ends the process, as nobody would see it otherwise.
 */
const dropIn = [
  "[Service]",
  "StandardError=append:/run/scached.log",
  "WatchdogSec=4s",
  ...(systemdVersion < versionWithAllCalls ? [] : ["SystemCallErrorNumber=kill"])
]

const prepare = Effect.gen(function* () {
  const systemd = yield* PrivateSystemd.start
  yield* systemd.run(`mkdir /etc/systemd/system/${service}.d; : > /etc/postfix/main.cf`)
  // A systemd without procps, on which it does not depend.
  yield* systemd.run(
    "for each in /bin/kill /usr/bin/kill; do if [ -e $each ]; then mount --bind /dev/null $each; fi; done"
  )
  writeFileSync(systemd.outside(`/etc/systemd/system/${service}.d/lab.conf`), `${dropIn.join("\n")}\n`)
  const greeting = ConfigurationFile.settings(Greeting.settings()).map((line) => `${line}\n`)
  const settings = (text: string) =>
    writeFileSync(systemd.outside("/etc/postfix/main.cf"), [text, ...greeting].join(""))
  settings("connection_cache_ttl_limit = 1h\n")
  return {
    systemd,
    settings,
    log: () => readFileSync(systemd.outside("/run/scached.log"), "utf8"),
    connect: Effect.map(
      Conversation.connect(systemd.outside(socketPath), { waitMillisMax: 60_000 }),
      (conversation) => {
        Greeting.expectFrom(conversation)
        // With an answer it is certain that the daemon serves, and not only that systemd listens.
        Exchange.missEndpoint(conversation, "nothing")
        return conversation
      }
    )
  }
})

labTest(
  "the units and the commands of docs/systemd.md: set up, look, reload, go back",
  { timeoutMillis, impediment },
  () =>
    Effect.gen(function* () {
      const calls = yield* SystemCalls
      const { systemd, settings, log, connect } = yield* prepare
      yield* systemd.run(setUp)
      const units = "/etc/systemd/system/scached.service /etc/systemd/system/scached.socket"
      expect(yield* systemd.run(`systemd-analyze verify --man=no ${units} 2>&1`)).toBe("")
      expect(yield* systemd.run(`systemctl is-active ${service} scached.socket`)).toBe("active\nactive\n")
      expect(yield* systemd.show(service, "StatusText")).toBe(`listening on ${socketPath}, passed by systemd`)
      const socket = statSync(systemd.outside(socketPath))
      const owner = statSync(systemd.outside("/var/spool/postfix/private")).uid
      expect([socket.mode & 0o777, socket.uid]).toEqual([0o600, owner])

      const pid = yield* systemd.show(service, "MainPID")
      const status = yield* systemd.run(`cat /proc/${pid}/status; readlink /proc/${pid}/ns/net /proc/1/ns/net`)
      expect(status).toMatch(new RegExp(`^Uid:\\s+${owner}\\s+${owner}\\s+${owner}\\s+${owner}$`, "m"))
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
      expect(status).toMatch(/^CapBnd:\s+0+$/m)
      expect(status).toMatch(/^Seccomp:\s+2$/m)
      expect(new Set(status.match(/net:\[\d+\]/g)).size).toBe(2)

      const cache = yield* connect
      const connection = yield* MarkedConnection.make
      Exchange.saveEndpoint(cache, { ttlSeconds: 3000, label: "host", properties: "p" }, connection)
      settings("connection_cache_ttl_limit = 30m\n")
      yield* systemd.run(`systemctl reload ${service}`)
      yield* systemd.waitFor(service, "StatusText", `listening on ${socketPath}, passed by systemd`)
      expect(Exchange.findEndpoint(calls, cache, "host", "p")).toBe(connection.mark)
      expect(log()).toContain("reload: connection_cache_ttl_limit was 3600s, is 1800s")
      expect(yield* systemd.show(service, "MainPID")).toBe(pid)

      yield* systemd.run(goBack)
      expect(yield* systemd.show(service, "Result")).toBe("success")
      expect(yield* systemd.show(service, "ActiveState")).toBe("inactive")
      expect(existsSync(systemd.outside(socketPath))).toBe(false)
      const said = log()
        .split("\n")
        .map((line) => line.replace(/^\S+ \S+ /, ""))
      expect(said.filter((line) => line.startsWith("scached: warning"))).toEqual([])
    })
)

labTest(
  "the first client starts it, a hang or max_idle costs no client, a mistake is not tried again",
  { timeoutMillis, impediment },
  () =>
    Effect.gen(function* () {
      const { systemd, settings, log, connect } = yield* prepare
      yield* systemd.run(setUp.replace("scached.socket scached.service\n", "scached.socket\n"))
      const states = () => systemd.run(`systemctl is-active ${service} scached.socket || true`)
      expect(setUp).toContain("enable --now scached.socket scached.service\n")
      expect(yield* states()).toBe("inactive\nactive\n")
      yield* Effect.scoped(connect)
      expect(yield* states()).toBe("active\nactive\n")

      const hung = yield* systemd.show(service, "MainPID")
      yield* systemd.run(`kill -STOP ${hung}`)
      yield* Effect.scoped(connect)
      yield* systemd.waitFor(service, "NRestarts", "1")
      expect(yield* systemd.show(service, "MainPID")).not.toBe(hung)

      settings("max_idle = 1s\n")
      yield* systemd.run(`systemctl reload ${service}`)
      yield* systemd.waitFor(service, "ActiveState", "inactive")
      expect(yield* systemd.show(service, "Result")).toBe("success")
      expect(log()).toContain("no client for 1 s (max_idle): leaving")
      yield* Effect.scoped(connect)

      settings("max_idle = soon\n")
      expect(yield* Effect.flip(systemd.run(`systemctl restart ${service}`))).toMatchObject({ _tag: "LabFailure" })
      const ends = ["ActiveState", "SubState", "ExecMainStatus"].map((property) => systemd.show(service, property))
      expect(yield* Effect.all(ends)).toEqual(["failed", "failed", "2"])
    })
)
