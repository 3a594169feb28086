/** docs/postfix.md, followed step by step: its commands are run as they stand there, on a Postfix of our own. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import { LabFailure } from "../src/LabFailure.ts"
import { labPorts } from "../src/LoopbackAddress.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as MailLog from "../src/MailLog.ts"
import * as PostfixRelease from "../src/PostfixRelease.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import * as TlsDestination from "../src/TlsDestination.ts"
import { toleratedDifferences } from "../src/ToleratedDifference.ts"
import { labTest } from "./labTest.ts"

const root = join(import.meta.dir, "../../..")
const guide = readFileSync(join(root, "docs/postfix.md"), "utf8")
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000
const logMillisMax = 60_000
const pollMillis = 20
const impediment = scachedExecutable.impediment()

/** The commands of each section, by its heading. */
const sections: ReadonlyMap<string, ReadonlyArray<string>> = new Map(
  guide
    .split(/^## /m)
    .slice(1)
    .map((text) => [
      text.slice(0, text.indexOf("\n")),
      [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? "")
    ])
)

const commandsOf = (heading: string): ReadonlyArray<string> => {
  const commands = sections.get(heading)
  if (commands === undefined || commands.length === 0)
    throw new Error(`docs/postfix.md has no commands in "${heading}"`)
  return commands
}

/** A Postfix whose daemons can be added to, and what a person at its terminal can do. */
const sitDown = Effect.fnUntraced(function* (settings: Readonly<Record<string, string>> = {}) {
  const postfix = yield* PrivatePostfix.start({
    cache: "scache",
    hasOwnDaemons: true,
    hasStockMaster: true,
    settings
  })
  yield* MailLoad.startSink(postfix.address)
  const followed = new Set<string>()
  let sent = 0
  const run = (commands: string): string => {
    const environment = { ...process.env, MAIL_CONFIG: join(postfix.directory, "conf") }
    const child = Bun.spawnSync(["sh", "-eu", "-c", commands], { cwd: root, env: environment })
    const output = `${child.stdout}${child.stderr}`
    if (child.exitCode !== 0) throw new LabFailure({ attempt: commands, found: `${child.exitCode}: ${output}` })
    return output
  }
  return {
    postfix,
    followed,
    run,
    /** Runs a section's commands, with the files in them replaced that are not this Postfix's. */
    follow: (heading: string, relocated = (commands: string): string => commands): ReadonlyArray<string> => {
      followed.add(heading)
      return commandsOf(heading).map((commands) =>
        commands.startsWith("ps ") && Bun.which("ps") === null ? "" : run(relocated(commands))
      )
    },
    deliver: Effect.fnUntraced(function* (mails: number) {
      yield* MailLoad.send(postfix.address, { mails, sessions: 2 })
      sent += mails
      return yield* postfix.waitForSent(sent, deliveryMillisMax)
    }),
    /** Waits until a program has logged its statistics, as it does when it leaves. */
    hearFrom: (program: string, times: number) =>
      Effect.timeoutOrElse(
        Effect.gen(function* () {
          const lines = () =>
            postfix.readLog().filter((entry) => entry.program === program && entry.text.startsWith("statistics: max"))
          while (lines().length < times) yield* Effect.sleep(pollMillis)
        }),
        {
          duration: logMillisMax,
          orElse: () => Effect.fail(new LabFailure({ attempt: `hear from ${program}`, found: "nothing" }))
        }
      )
  }
})

const problems = (postfix: PrivatePostfix.PrivatePostfix): ReadonlyArray<string> =>
  postfix.readLog().flatMap((entry) => (MailLog.isProblem(entry) ? [`${entry.program}: ${entry.text}`] : []))

describe("docs/postfix.md", () => {
  labTest("replace, look, and go back", { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const desk = yield* sitDown()
      const { postfix } = desk
      const program = join(postfix.directory, "daemons/scached")
      yield* desk.deliver(10)
      const before = desk.run("postconf -M scache/unix")

      desk.follow("Replace")
      yield* desk.hearFrom("scache", 1)
      expect(statSync(program).mode & 0o777).toBe(0o755)
      const { reused } = yield* desk.deliver(40)
      expect(reused).toBeGreaterThan(0)
      const [line = "", processes = "", mails = ""] = desk.follow("See whether it works")
      // The guide shows the line of Debian 13 and before, where the cache is chrooted.
      expect(guide).toContain(`    ${line.replace(/ n /, " y ")}`)
      if (Bun.which("ps") !== null) expect(processes).toMatch(/^postfix +\d+ scached -l -n scache -t unix -u( -c)?$/m)
      // postconf(1) warns of a parameter that it does not know, as docs/limits.md says.
      const found = mails
        .trim()
        .split("\n")
        .filter((text) => !text.includes("unused parameter: scached_"))
      expect(found).toHaveLength(3)
      expect(mails).toMatch(/conn_use=\d+, .*status=sent/)

      desk.follow("Go back")
      yield* desk.hearFrom("scached", 1)
      expect(existsSync(program)).toBe(false)
      expect(desk.run("postconf -M scache/unix")).toBe(before)
      yield* desk.deliver(10)
      desk.run("postfix reload")
      yield* desk.hearFrom("scache", 2)
      expect(problems(postfix)).toEqual([])
    })
  )

  labTest("the tag, the settings and the verbose log", { timeoutMillis, impediment }, () =>
    Effect.gen(function* () {
      const desk = yield* sitDown()
      const { postfix } = desk
      const rules = join(postfix.directory, "logcheck/ignore.d.server")
      mkdirSync(rules, { recursive: true })
      writeFileSync(join(rules, "postfix"), "postfix/scache: statistics\npostfix/smtp: sent\n")
      desk.follow("The log says postfix/scached", (commands) =>
        commands.replaceAll("/etc/logcheck/ignore.d.server", rules)
      )
      expect(readFileSync(join(rules, "local-scached"), "utf8")).toBe("postfix/scached: statistics\n")
      desk.follow("Sizes and times")
      yield* desk.deliver(20)
      const [processId] = desk.run("cat $(postconf -h queue_directory)/pid/master.pid").trim().split(/\s+/)
      const children = readFileSync(`/proc/${processId}/task/${processId}/children`, "latin1").trim().split(" ")
      const commands = children.map((pid) => readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " "))
      const started = commands.filter((command) => command.startsWith("scached.d/scache "))
      expect(started.map((command) => command.replace(" -c ", " "))).toEqual([
        "scached.d/scache -l -t unix -u -o connection_cache_ttl_limit=10s "
      ])
      desk.run("postfix reload")
      yield* desk.hearFrom("scache", 1)
      // It is installed under that name only when somebody follows "Replace", whose commands the other test has.
      desk.run(commandsOf("Replace").join(""))
      const [verbose = "", quiet = ""] = commandsOf("What to watch")
      desk.run(verbose)
      yield* desk.deliver(4)
      expect(postfix.readLog().some(({ program, text }) => program === "scached" && text.endsWith(": connect"))).toBe(
        true
      )
      desk.run(quiet)
      expect(desk.run("postconf -F scache/unix/command").trim()).toBe("scache/unix/command = scached")
      expect(problems(postfix)).toEqual([])
    })
  )

  labTest(
    "mail over TLS keeps flowing, connections are used again, and the way back",
    { timeoutMillis, impediment },
    () =>
      Effect.gen(function* () {
        const destination = yield* TlsDestination.start
        const relayhost = `[${destination.address}]:${labPorts.smtpd}`
        const desk = yield* sitDown({ relayhost, smtp_tls_security_level: "encrypt" })
        const linesBefore = desk.run("postconf -M")
        expect(linesBefore).not.toMatch(/^tlsproxy /m)
        const [line = "", setting = "", back = ""] = commandsOf("TLS")
        expect((yield* desk.deliver(10)).reused).toBe(0)
        expect(desk.run(line)).toMatch(/^tlsproxy .* tlsproxy$/m)
        desk.run(setting)
        const { reused, unsent } = yield* desk.deliver(40)
        expect(unsent).toBe(0)
        expect(reused).toBeGreaterThan(0)
        desk.run(back)
        expect(desk.run("postconf -M").replace(/^tlsproxy .*\n/m, "")).toBe(linesBefore)
        expect((yield* desk.deliver(10)).unsent).toBe(0)
        expect(problems(desk.postfix).filter((text) => !text.includes("TLS server role is disabled"))).toEqual([])
      })
  )

  labTest("the setting for TLS without the line of tlsproxy defers mail, as the guide warns", { timeoutMillis }, () =>
    Effect.gen(function* () {
      const destination = yield* TlsDestination.start
      const relayhost = `[${destination.address}]:${labPorts.smtpd}`
      const { postfix } = yield* sitDown({
        relayhost,
        smtp_tls_security_level: "encrypt",
        smtp_tls_connection_reuse: "yes"
      })
      yield* MailLoad.send(postfix.address, { mails: 1, sessions: 1 })
      const isDeferred = () => MailLog.summarize(postfix.readLog()).unsent > 0
      yield* Effect.timeout(
        Effect.gen(function* () {
          while (!isDeferred()) yield* Effect.sleep(pollMillis)
        }),
        deliveryMillisMax
      )
      console.log(
        postfix
          .readLog()
          .map(({ program, text }) => `${program}: ${text}`)
          .join("\n")
      )
    })
  )

  labTest(
    "a link works, but Postfix before 3.11 warns of it; an absolute path does not",
    { timeoutMillis, impediment },
    () =>
      Effect.gen(function* () {
        const { postfix, run, deliver, hearFrom } = yield* sitDown()
        run('ln -s "$PWD/dist/scached" "$(postconf -h daemon_directory)/scached"')
        run("postconf -M 'scache/unix=scache unix - - y - 1 scached'; postfix reload; postfix check")
        const { reused } = yield* deliver(20)
        expect(reused).toBeGreaterThan(0)
        const { major, minor } = PostfixRelease.installed()
        const warnings = minor < 10 ? ["symlink leaves directory"] : minor === 10 ? ["group or other writable"] : []
        expect(major).toBe(3)
        expect(problems(postfix)).toEqual(warnings.map((text) => expect.stringContaining(text)))
        run('postconf -M "scache/unix=scache unix - - y - 1 $PWD/dist/scached"; postfix reload')
        // Whoever asked before the reload has come through would still find the old one, and nobody would look for a new one.
        yield* hearFrom("scached", 1)
        yield* MailLoad.send(postfix.address, { mails: 1, sessions: 1 })
        const isRefused = () =>
          problems(postfix).some(
            (text) => text.includes("fatal: master_spawn: exec") || text.startsWith("master: master_spawn: exec")
          )
        yield* Effect.timeout(
          Effect.gen(function* () {
            while (!isRefused()) yield* Effect.sleep(pollMillis)
          }),
          logMillisMax
        )
      })
  )

  test("every command in it is run by a test here", () => {
    const withCommands = [...sections].filter(([, commands]) => commands.length > 0).map(([heading]) => heading)
    expect(withCommands).toEqual([
      "Replace",
      "See whether it works",
      "Go back",
      "The log says postfix/scached",
      "TLS",
      "Sizes and times",
      "What to watch",
      "Beside Postfix"
    ])
  })

  test("it names every difference that is tolerated", () => {
    expect(toleratedDifferences.filter(({ name }) => !guide.includes(`| ${name} |`))).toEqual([])
  })
})
