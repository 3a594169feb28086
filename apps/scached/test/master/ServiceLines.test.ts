/** The lines of a run under master(8): at its start, at its end, and on SIGUSR1. */
import { describe, expect, test } from "bun:test"
import { ProcessSignals } from "../../src/process/ProcessSignals.ts"
import { Stage } from "./ServiceStage.ts"

const standard = ["-l", "-n", "scache", "-t", "unix", "-u", "-c"]

describe("the lines that scache(8) does not have", () => {
  const linesOf = (processName: string, settings: Readonly<Record<string, string>>): ReadonlyArray<string> => {
    const stage = new Stage({ max_idle: "5s" })
    stage.at(1_000, "a client", () => {
      const client = stage.connect()
      stage.master.calls.send(client, Buffer.alloc(1_500, "x"))
      stage.at(2_000, "the client's end", () => client.close())
    })
    const words = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])
    const limit = ["-o", "scached_request_limit=1024"]
    expect(stage.run([...standard, ...limit, ...words], {}, processName)).toBe(0)
    return stage.log
      .map((line) => line.replace(/^.*lab\/\w+\[77\]: /, "").trimEnd())
      .filter((line) => !line.startsWith("warning: "))
  }
  const own = [
    expect.stringMatching(
      /^started: scached \S+, mode master, at most \d+ connections and \d+ clients with \d+ descriptors, ttl limit 2 s, io_uring unused$/
    ),
    "counters: limits reached request=1",
    expect.stringMatching(/^ended by max_idle after \d+ s: 1 clients, 0 connections saved, 0 handed over$/)
  ]

  test("are there under its own name, and not under that of scache(8)", () => {
    expect(linesOf("scached", { scached_log_lines: "auto" })).toEqual(own)
    expect(linesOf("scache", { scached_log_lines: "auto" })).toEqual([])
  })

  test("are there or not as scached_log_lines says", () => {
    expect(linesOf("scache", { scached_log_lines: "all" })).toEqual(own)
    expect(linesOf("scached", { scached_log_lines: "scache" })).toEqual([])
  })
})

test("logs all counters, gauges and limits when it is asked to, whatever lines it has otherwise", () => {
  const signals = new ProcessSignals()
  const stage = new Stage({ max_idle: "5s" })
  stage.at(1_000, "an operator", () => signals.statusCalls.raise())
  expect(stage.run(standard, {}, "scache", signals)).toBe(0)
  const words = stage.log.flatMap((line) =>
    line
      .replace(/^.*: status: /, "")
      .trimEnd()
      .split(" ")
  )
  expect(stage.log.every((line) => line.length < 1_000)).toBe(true)
  expect(words).toContain("saved_endpoints=0")
  expect(words).toContain("connections=0")
  expect(words).toContain("connection_cache_ttl_limit=2")
  expect(words).toContain("scached_request_limit=0")
})

test("logs them too when it was asked before it served", () => {
  const signals = new ProcessSignals()
  signals.statusCalls.raise()
  const stage = new Stage({ max_idle: "5s" })
  expect(stage.run(standard, {}, "scache", signals)).toBe(0)
  expect(stage.log.filter((line) => line.includes(": status: gauges ")).length).toBeGreaterThan(0)
})
