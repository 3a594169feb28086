/** What `scached install` finds, prints and does, on a machine that is made up. */
import { describe, expect, test } from "bun:test"
import type { CommandOutcome } from "../../src/install/CommandRunner.ts"
import { installHelp } from "../../src/install/installHelp.ts"
import { install, installOptions } from "../../src/install/main.ts"

/** What a machine answers, and which commands were run there that change it. */
class MadeUpMachine {
  readonly changes: Array<string> = []
  readonly files = new Set<string>()
  version = "3.7.11"
  command = "scache -v"
  processLimit = "1"
  parameters = ""
  isRunning = true
  activeUnit = "postfix.service"
  denyingUnits: ReadonlyArray<string> = []
  isWithoutPostfix = false
  failsAt = ""

  readonly run = (words: ReadonlyArray<string>): CommandOutcome => {
    const command = words.join(" ")
    const answer = (stdout: string, exitCode = 0): CommandOutcome => ({ exitCode, stdout, stderr: "" })
    if (words[0] === "postconf" && this.isWithoutPostfix) return answer("", 127)
    if (command === "postconf -h mail_version") return answer(`${this.version}\n`)
    if (command === "postconf -F scache/unix/command") return answer(`scache/unix/command = ${this.command}\n`)
    if (command === "postconf -F scache/unix/process_limit")
      return answer(`scache/unix/process_limit = ${this.processLimit}\n`)
    if (command === "postconf -h daemon_directory") return answer("/usr/lib/postfix/sbin\n")
    if (command === "postconf -n") return answer(this.parameters)
    if (command === "postfix status") return answer("", this.isRunning ? 0 : 1)
    if (words[0] === "readlink") return answer(`${words[2]}\n`)
    if (words[0] === "test") return answer("", this.files.has(words[2] ?? "") ? 0 : 1)
    if (words[0] === "systemctl" && words[1] === "show") {
      const unit = words.at(-1) ?? ""
      if (words[2] === "--property=ActiveState") return answer(unit === this.activeUnit ? "active\n" : "inactive\n")
      return answer(this.denyingUnits.includes(unit) ? "yes\n" : "no\n")
    }
    if (this.failsAt !== "" && command.startsWith(this.failsAt))
      return { exitCode: 1, stdout: "", stderr: "read-only\n" }
    this.changes.push(command)
    return answer("")
  }
}

const program = "/opt/scached"
const target = "/usr/lib/postfix/sbin/scached"

const ask = (machine: MadeUpMachine, words: string, where: { isRoot?: boolean; program?: string | undefined } = {}) => {
  let printed = ""
  let complaint = ""
  const status = install(words.split(" "), {
    run: machine.run,
    program,
    isRoot: true,
    print: (text) => {
      printed += text
    },
    complain: (text) => {
      complaint += text
    },
    ...where
  })
  return { status, printed, complaint, changes: machine.changes }
}

test("--help has lines of at most 80 columns, and every option, and does nothing", () => {
  for (const words of ["--help", "-h", "--postfix --yes --help"]) {
    expect(ask(new MadeUpMachine(), words, { isRoot: false, program: undefined })).toEqual({
      status: 0,
      printed: installHelp,
      complaint: "",
      changes: []
    })
  }
  expect(installHelp.split("\n").filter((line) => line.length > 80)).toEqual([])
  for (const name of Object.keys(installOptions)) expect(installHelp).toContain(`--${name}`)
})

describe("scached install --postfix", () => {
  test("prints what it would do, and does nothing", () => {
    const machine = new MadeUpMachine()
    // As Debian 13 has it: the second unit is there for those who have not moved, and does not run.
    machine.denyingUnits = ["postfix.service", "postfix@-.service"]
    const { changes, printed, status } = ask(machine, "--postfix", { isRoot: false })
    expect({ status, changes }).toEqual({ status: 0, changes: [] })
    expect(printed).toBe(`# the program, where master(8) looks for it
install -m 755 ${program} ${target}
# scached in the place of scache
postconf -F 'scache/unix/command=scached -v'
# postfix.service denies executable memory, without which scached is no faster than scache
install -D -m 644 /dev/stdin /etc/systemd/system/postfix.service.d/scached.conf << 'END'
# Made by "scached install --postfix". Without this setting scached runs too, slower: JavaScript is interpreted.
[Service]
MemoryDenyWriteExecute=no
END
# systemd reads its units again
systemctl daemon-reload
# memory is allowed or denied from a unit's start on
systemctl restart postfix.service

# Nothing was changed. With --yes these commands are run, and --undo goes back.
`)
  })

  test("does it with --yes, and nothing the second time", () => {
    const machine = new MadeUpMachine()
    expect(ask(machine, "--postfix --yes").status).toBe(0)
    expect(machine.changes).toEqual([
      `install -m 755 ${program} ${target}`,
      "postconf -F scache/unix/command=scached -v",
      "postfix reload"
    ])
    machine.command = "scached -v"
    machine.changes.length = 0
    expect(ask(machine, "--postfix --yes", { program: target })).toMatchObject({
      status: 0,
      changes: [],
      printed: "# scached is in the place of scache already\n"
    })
  })

  test("takes the place of scache by its whole path, too", () => {
    const machine = new MadeUpMachine()
    machine.command = "/usr/lib/postfix/sbin/scache -v"
    expect(ask(machine, "--postfix --yes", { program: target }).changes).toEqual([
      "postconf -F scache/unix/command=scached -v",
      "postfix reload"
    ])
  })

  test("leaves the unit alone where that is wanted, and a Postfix that does not run", () => {
    const machine = new MadeUpMachine()
    machine.denyingUnits = ["postfix@-.service"]
    machine.isRunning = false
    expect(ask(machine, "--postfix --yes --keep-hardening", { program: target }).changes).toEqual([
      "postconf -F scache/unix/command=scached -v"
    ])
  })

  test("changes the unit that will run where none does, and restarts none", () => {
    const machine = new MadeUpMachine()
    machine.denyingUnits = ["postfix.service", "postfix@-.service"]
    machine.activeUnit = ""
    expect(ask(machine, "--postfix --yes", { program: target }).changes).toEqual([
      "postconf -F scache/unix/command=scached -v",
      "install -D -m 644 /dev/stdin /etc/systemd/system/postfix.service.d/scached.conf",
      "systemctl daemon-reload",
      "postfix reload"
    ])
  })

  test("switches the greeting off for a Postfix before 3.6", () => {
    for (const [version, isSwitched] of [
      ["3.5.25", true],
      ["2.11.3", true],
      ["3.6.0", false],
      ["3.11-20250101", false]
    ] as const) {
      const machine = new MadeUpMachine()
      machine.version = version
      ask(machine, "--postfix --yes")
      expect(machine.changes.includes("postconf -e scached_greeting=no")).toBe(isSwitched)
    }
  })

  test("goes back with --undo, and removes the copy last", () => {
    const machine = new MadeUpMachine()
    machine.command = "scached -v"
    machine.parameters = "mail_name = x\nscached_greeting = no\n"
    machine.files.add(target)
    machine.files.add("/etc/systemd/system/postfix.service.d/scached.conf")
    expect(ask(machine, "--postfix --undo").changes).toEqual([
      "postconf -F scache/unix/command=scache -v",
      "postconf -X scached_greeting",
      "rm -f /etc/systemd/system/postfix.service.d/scached.conf",
      "systemctl daemon-reload",
      "systemctl restart postfix.service",
      `rm -f ${target}`
    ])
    const untouched = new MadeUpMachine()
    untouched.files.add(target)
    // A package's file goes with the package.
    expect(ask(untouched, "--postfix --undo", { program: target })).toMatchObject({
      changes: [],
      printed: "# scached is not in the place of scache: nothing to do\n"
    })
  })

  test("stops at what fails, and says how to go back", () => {
    const machine = new MadeUpMachine()
    machine.failsAt = "postconf -F scache/unix/command="
    const { changes, complaint, status } = ask(machine, "--postfix --yes")
    expect(status).toBe(1)
    expect(changes).toEqual([`install -m 755 ${program} ${target}`])
    expect(complaint).toBe(
      "postconf -F scache/unix/command=scached -v failed: read-only. What was done before stays: go back with scached install --postfix --undo"
    )
  })

  test("says what is in the way", () => {
    const complaintOf = (prepare: (machine: MadeUpMachine) => void, words = "--postfix", where = {}) => {
      const machine = new MadeUpMachine()
      prepare(machine)
      return ask(machine, words, where).complaint
    }
    const nothing = () => {}
    expect(
      [
        complaintOf(nothing, "--yes"),
        complaintOf(nothing, "--postfix --maybe"),
        complaintOf(nothing, "--postfix --yes", { isRoot: false }),
        complaintOf(nothing, "--postfix", { program: undefined }),
        complaintOf((machine) => {
          machine.isWithoutPostfix = true
        }),
        complaintOf((machine) => {
          machine.command = ""
        }),
        complaintOf((machine) => {
          machine.processLimit = "-"
        }),
        complaintOf((machine) => {
          machine.processLimit = "1\nscache/unix/process_limit = 1"
          machine.command = "scache\nscache/unix/command = scache"
        }),
        complaintOf((machine) => {
          machine.command = "spawn user=nobody argv=/opt/scache"
        }, "--postfix --yes"),
        complaintOf((machine) => {
          machine.command = "/opt/scache -v"
        })
      ].map((each) => each.split(":")[0])
    ).toEqual([
      "write scached install --postfix, and --yes to run the commands that it prints; see scached install --help",
      "Unknown option '--maybe'",
      "only root can change Postfix",
      "only the executable can be installed, which bun run build makes",
      "there is no postconf here",
      "master.cf has no line for scache",
      "the process limit of scache in master.cf is -",
      "master.cf has 2 lines for scache",
      "the program of scache in master.cf is spawn, which scached does not replace",
      "the program of scache in master.cf is /opt/scache, which scached does not replace"
    ])
  })
})
