/** The service mode on a simulated machine: from the options to the last line in the log, in virtual time. */

import { describe, expect, test } from "bun:test"
import { processCallCount, processCallsOf } from "@scached/daemon/testing"
import { postlogPathWithin } from "../../src/log/SyslogLog.ts"
import { list, must, Stage } from "./ServiceStage.ts"

const standard = ["-l", "-n", "scache", "-t", "unix", "-u", "-c"]
const greeting = "protocol\0connection_cache_protocol\0\0"

describe("what is fatal", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, string]> = [
    ["no process limit of 1", ["-t", "unix"], "service scached requires a process limit of 1"],
    ["no transport", ["-l"], "no transport type specified"],
    ["an unknown transport", ["-lt", "smoke"], "unsupported transport type: smoke"],
    ["an unknown option", ["-l", "-q"], "invalid option: -q"],
    ["an option without its argument", ["-l", "-n"], "invalid option: -n"],
    ["an override without a value", [...standard, "-o", "max_idle"], "missing '=' after parameter name"],
    ["a time that is none", [...standard, "-o", "max_idle=later"], "max_idle"],
    ["a time that is too short", [...standard, "-o", "connection_cache_ttl_limit=0"], "connection_cache_ttl_limit"],
    [
      "an unknown user",
      [...standard, "-o", "mail_owner=nemo"],
      'mail_owner: there is no user "nemo" in /etc/passwd, and getent(1) cannot be run'
    ],
    ["a queue directory that is not there", [...standard, "-o", "queue_directory=/none"], "chdir /none: no such file"],
    ["more sockets than were passed", [...standard, "-s", "2"], "descriptor 7 should be a listening socket"],
    [
      "a debugger that main.cf has not",
      [...standard, "-D"],
      "option -D: debugger_command of main.cf is empty: remove -D"
    ],
    ["one that is empty", [...standard, "-D", "-o", "debugger_command=$none"], "debugger_command of main.cf is empty"],
    [
      "one that cannot be read",
      [...standard, "-D", "-o", "debugger_command=${x"],
      "debugger_command = ${x (set on the"
    ],
    ["a stream that is none", ["-S"], "-S needs a connected UNIX socket"]
  ]
  for (const [name, words, message] of cases) {
    test(`${name} is told to syslog, and a second later the service ends with 1`, () => {
      const stage = new Stage({})
      expect(stage.run(words)).toBe(1)
      expect(stage.log).toHaveLength(1)
      expect(stage.log[0]).toStartWith("<18>")
      expect(stage.log[0]).toContain("/scached[77]: fatal: ")
      expect(stage.log[0]).toContain(message)
      expect(stage.kernel.nowMillis).toBe(1_000)
    })
  }

  test("all values that are wrong are told, since master(8) waits a minute before the next try", () => {
    const stage = new Stage({})
    const wrong = ["max_idle=later", "scached_watch=maybe", "scached_text_limit=ten"]
    expect(stage.run([...standard, ...wrong.flatMap((each) => ["-o", each])])).toBe(1)
    expect(stage.log.map((line) => /(error|fatal): parameter (\w+)/.exec(line)?.slice(1))).toEqual([
      ["error", "scached_text_limit"],
      ["error", "scached_watch"],
      ["fatal", "max_idle"]
    ])
  })

  test("without a main.cf the environment says where the log is", () => {
    const stage = new Stage({})
    const environment = {
      MAIL_CONFIG: "/nowhere",
      MAIL_LOGTAG: "other",
      POSTLOG_SERVICE: "/q/public/postlog",
      POSTLOG_HOSTNAME: "host.example"
    }
    expect(stage.run(standard, environment)).toBe(1)
    expect(stage.log).toHaveLength(1)
    expect(stage.log[0]).toContain("host other/scached[77]: fatal: open /nowhere/main.cf: no such file or directory")
  })

  test("nobody runs it by hand", () => {
    const stage = new Stage({}, { terminals: [0] })
    // What goes to standard error there goes to that of the tests.
    expect(stage.run(standard)).toBe(1)
    expect(stage.log[0]).toContain("fatal: do not run this command by hand")
  })
})

describe("a service", () => {
  test("serves as another user below another root, logs through its queue directory, and leaves when idle", () => {
    const stage = new Stage({ max_idle: "5s" })
    let greeted = ""
    stage.at(1_000, "a client", () => {
      const client = stage.connect()
      stage.at(2_000, "the client's end", () => {
        greeted = stage.read(client)
        client.close()
      })
    })
    expect(stage.run([...standard, "-v"], { POSTLOG_SERVICE: "/q/public/postlog" })).toBe(0)
    expect(greeted).toBe(greeting)
    expect(stage.kernel.nowMillis).toBe(7_000)
    expect(processCallsOf(stage.daemon).identity()).toMatchObject({ uids: [102, 102, 102], gids: [103, 103, 103] })
    expect(stage.daemon.rootDirectory).toBe("/q")
    expect(stage.daemon.openCount).toBe(0)
    expect(stage.log.map((line) => line.replace(/^.*lab\/scached\[77\]: /, ""))).toEqual([
      "client pid=1000 uid=0: connect",
      "client pid=1000 uid=0: disconnect"
    ])
    expect(stage.statusMessages()).toEqual([77, 3, 0, 77, 3, 1])
  })

  test("serves as a user that getent(1) alone knows, whom it asks for once", () => {
    const stage = new Stage({ max_idle: "1s", mail_owner: "ghost" })
    stage.daemon.programs.set("getent passwd -- ghost", "ghost:*:4711:4712::/:\n")
    expect(stage.run(standard)).toBe(0)
    expect(stage.daemon.credentials).toMatchObject({ uid: 4711, gid: 4712 })
  })

  test("leaves at once when master dies or wants another, and tells its statistics", () => {
    const stage = new Stage({ max_idle: "100s" })
    stage.at(1_000, "a client", () => {
      const client = stage.connect()
      stage.master.calls.send(client, list(["request", "find_endp"], ["label", "nothing"]))
      stage.at(3_000, "the death of master", () => stage.master.die())
    })
    expect(stage.run(standard)).toBe(0)
    expect(stage.kernel.nowMillis).toBe(3_000)
    expect(stage.log.map((line) => line.replace(/^.*lab\/scached\[77\]: /, ""))).toEqual([
      expect.stringMatching(/^statistics: start interval Nov 22 \d\d:00:00$/),
      "statistics: address lookup hits=0 miss=1 success=0%"
    ])
  })

  test("logs its statistics at the interval, and nothing where there was nothing", () => {
    const stage = new Stage({ max_idle: "100s", connection_cache_status_update_time: "10s" })
    stage.at(15_000, "a client", () => {
      const client = stage.connect()
      stage.master.calls.send(client, list(["request", "find_dest"], ["label", "nothing"]))
      stage.at(16_000, "the client's end", () => client.close())
    })
    expect(stage.run(standard)).toBe(0)
    expect(stage.kernel.nowMillis).toBe(116_000)
    expect(stage.log.map((line) => line.replace(/^.*lab\/scached\[77\]: /, ""))).toEqual([
      expect.stringMatching(/^statistics: start interval Nov 22 \d\d:00:10$/),
      "statistics: domain lookup hits=0 miss=1 success=0%"
    ])
  })

  test("takes parameters from the command line before those of main.cf", () => {
    const stage = new Stage({ max_idle: "100s" })
    expect(stage.run([...standard, "-i", "7s"])).toBe(0)
    expect(stage.kernel.nowMillis).toBe(7_000)
  })

  test("tells of lines in main.cf that nobody can have meant", () => {
    const stage = new Stage({ max_idle: "1s" })
    stage.kernel.makeFile("/conf/main.cf", "other", { text: "queue_directory = /q\nmax_idle = 2s\nmax_idle = 1s\n" })
    expect(stage.run(standard)).toBe(0)
    expect(stage.log).toHaveLength(1)
    expect(stage.log[0]).toContain("warning: /conf/main.cf, line 3: replaces max_idle = 2s of line 2")
  })

  test("counts how often each limit was reached", () => {
    const stage = new Stage({ max_idle: "5s" })
    stage.at(1_000, "a client", () => {
      const client = stage.connect()
      stage.master.calls.send(client, Buffer.alloc(1_500, "x"))
      stage.at(2_000, "the client's end", () => client.close())
    })
    expect(stage.run([...standard, "-o", "scached_request_limit=1024", "-o", "scached_log_lines=all"])).toBe(0)
    expect(stage.log.filter((line) => line.includes("counters: "))).toEqual([
      expect.stringMatching(/counters: limits reached request=1\n?$/)
    ])
  })

  test("warns of a parameter of ours that there is not", () => {
    const stage = new Stage({ max_idle: "1s" })
    expect(stage.run([...standard, "-o", "scached_conection_limit=5"])).toBe(0)
    expect(stage.log.map((line) => line.replace(/^.*lab\/scached\[77\]: /, ""))).toEqual([
      expect.stringMatching(/^warning: -o: unknown parameter "scached_conection_limit", ignored: those of scached are /)
    ])
  })

  test("warns of a debugger that is not started, and does not look at the command where none is asked for", () => {
    const run = (command: string, ...words: ReadonlyArray<string>) => {
      const stage = new Stage({ max_idle: "1s", debugger_command: command, attach: "gdb" })
      expect(stage.run([...standard, ...words])).toBe(0)
      return stage.log.map((line) => line.replace(/^.*lab\/scached\[77\]: /, ""))
    }
    expect(run("$attach $daemon_directory/$process_name $process_id & sleep 5", "-D")).toEqual([
      "warning: option -D: debugger_command was not run, nothing is executed here: use -v, or attach a debugger to this process"
    ])
    expect([run("$attach"), run("${x"), run("")]).toEqual([[], [], []])
  })

  test("has its alarm ahead of it while it idles", () => {
    const stage = new Stage({ max_idle: "100s", daemon_timeout: "10s" })
    expect(stage.run(standard)).toBe(0)
    expect(stage.daemon.isAlive).toBe(true)
    expect(processCallCount(stage.daemon, "setAlarm")).toBeGreaterThan(0)
  })
})

describe("passed clients", () => {
  const passing = ["-l", "-n", "scache", "-t", "pass"]

  test("a passer that stalls is sent away after ten seconds, and a client that it passed by halves is closed", () => {
    const stage = new Stage({ max_idle: "30s" })
    let ends = ""
    stage.at(1_000, "a passer", () => {
      const door = stage.connect()
      const [near, far] = must(stage.master.calls.socketPair())
      stage.master.calls.sendDescriptor(door, far)
      far.close()
      stage.at(10_900, "a look at both", () => {
        ends = [stage.read(door), stage.read(near)].join(", ")
      })
      stage.at(11_100, "another look", () => {
        ends += `; then ${[stage.read(door), stage.read(near)].map((found) => `"${found}"`).join(", ")}`
      })
    })
    expect(stage.run(passing)).toBe(0)
    expect(ends).toBe('errno 11, errno 11; then "", ""')
    expect(stage.log.map((line) => line.replace(/^.*lab\/scached\[77\]: /, ""))).toEqual([
      "warning: no client was passed: not done within 10000 ms"
    ])
    expect(stage.daemon.openCount).toBe(0)
  })

  test("at its end it closes clients that are half passed", () => {
    const stage = new Stage({ max_idle: "3s" })
    stage.at(1_000, "a passer", () => {
      const [, far] = must(stage.master.calls.socketPair())
      stage.master.calls.sendDescriptor(stage.connect(), far)
      // Who is on the way in keeps it from leaving by itself.
      stage.at(6_000, "the death of master", () => stage.master.die())
    })
    expect(stage.run(passing)).toBe(0)
    expect(stage.kernel.nowMillis).toBe(6_000)
    expect(stage.daemon.openCount).toBe(0)
  })
})

describe("the path of postlogd's socket", () => {
  test("is one that holds before and after the change of root, if it can be", () => {
    expect(postlogPathWithin("/var/spool/postfix", "/var/spool/postfix/public/postlog")).toBe("public/postlog")
    expect(postlogPathWithin("/var/spool/postfix/", "/var/spool/postfix/public/postlog")).toBe("public/postlog")
    expect(postlogPathWithin("/var/spool/postfix", "/var/spool/postfix2/public/postlog")).toBe(
      "/var/spool/postfix2/public/postlog"
    )
    expect(postlogPathWithin("/var/spool/postfix", "public/postlog")).toBe("public/postlog")
  })
})
