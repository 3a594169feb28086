import { Result } from "effect"
import type { CommandRunner } from "./CommandRunner.ts"
import { InstallFailure } from "./InstallFailure.ts"

/** What is found of a Postfix, and of the machine around it. */
export interface PostfixFacts {
  /** With the directory of its configuration, where that was given. */
  readonly postconf: ReadonlyArray<string>
  readonly postfix: ReadonlyArray<string>
  /** Where master(8) looks for programs. */
  readonly daemonDirectory: string
  readonly mailVersion: string
  /** The last column of scache's line in master.cf. */
  readonly command: string
  /** Whether main.cf has scached_greeting already. */
  readonly hasGreeting: boolean
  readonly isRunning: boolean
  /** The executable that runs now, links followed. */
  readonly program: string
  /** Whether a file is where the program belongs. */
  readonly isProgramThere: boolean
  /** Units of Postfix that are running. */
  readonly activeUnits: ReadonlyArray<string>
  /** Units that deny Postfix executable memory. */
  readonly denyingUnits: ReadonlyArray<string>
  /** Units of Postfix that this program has changed. */
  readonly changedUnits: ReadonlyArray<string>
}

const service = "scache/unix"

/** Before Debian 13 the second one is the main instance. Later it is there too, for those who have not moved, and must not run. */
const units = ["postfix.service", "postfix@-.service"] as const

/** What this program adds to a unit. */
export const dropInOf = (unit: string): string => `/etc/systemd/system/${unit}.d/scached.conf`

/** Looks at the machine; changes nothing. */
export const findPostfix = (
  run: CommandRunner,
  program: string,
  configurationDirectory: string | undefined
): Result.Result<PostfixFacts, InstallFailure> => {
  const told = configurationDirectory === undefined ? [] : ["-c", configurationDirectory]
  const postconf = ["postconf", ...told]
  const postfix = ["postfix", ...told]
  const fail = (why: string) => Result.fail(new InstallFailure({ why }))
  const ask = (...words: ReadonlyArray<string>): string => run([...postconf, ...words]).stdout.trim()

  const version = run([...postconf, "-h", "mail_version"])
  if (version.exitCode === 127)
    return fail("there is no postconf here: is Postfix installed, and its /usr/sbin on the PATH?")
  if (version.exitCode !== 0) return fail(`postconf cannot read the configuration: ${version.stderr.trim()}`)
  // It prints what it was asked for, an equals sign and the value.
  const field = (name: string): string => ask("-F", `${service}/${name}`).replace(/^[^=]*=\s*/, "")
  const command = field("command")
  const lines = command.split("\n").length
  if (lines > 1) return fail(`master.cf has ${lines} lines for scache: keep one`)
  if (command === "")
    return fail("master.cf has no line for scache: restore Postfix's own, scache unix - - y - 1 scache")
  const limit = field("process_limit")
  if (limit !== "1") {
    return fail(
      `the process limit of scache in master.cf is ${limit}: set it to 1, since two caches know half of the connections each`
    )
  }
  const daemonDirectory = ask("-h", "daemon_directory")
  const isThere = (path: string): boolean => run(["test", "-e", path]).exitCode === 0
  const property = (name: string, unit: string): string =>
    run(["systemctl", "show", `--property=${name}`, "--value", unit]).stdout.trim()
  const activeUnits = units.filter((unit) => property("ActiveState", unit) === "active")
  const denyingUnits = units.filter((unit) => property("MemoryDenyWriteExecute", unit) === "yes")
  const activeDenyingUnits = denyingUnits.filter((unit) => activeUnits.includes(unit))
  return Result.succeed({
    postconf,
    postfix,
    daemonDirectory,
    mailVersion: version.stdout.trim(),
    command,
    hasGreeting: ask("-n")
      .split("\n")
      .some((line) => /^scached_greeting\s*=/.test(line)),
    isRunning: run([...postfix, "status"]).exitCode === 0,
    program: run(["readlink", "-f", program]).stdout.trim() || program,
    isProgramThere: isThere(`${daemonDirectory}/scached`),
    activeUnits,
    // Where none runs it is the first that will.
    denyingUnits: activeDenyingUnits.length > 0 ? activeDenyingUnits : denyingUnits.slice(0, 1),
    changedUnits: units.filter((unit) => isThere(dropInOf(unit)))
  })
}
