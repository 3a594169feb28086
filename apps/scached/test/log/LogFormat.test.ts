import { describe, expect, test } from "bun:test"
import { json, type LogEntry, text } from "../../src/log/LogFormat.ts"
import { printable } from "../../src/log/printable.ts"
import { isColoured } from "../../src/log/StandardErrorLog.ts"

// In the time zone of whoever runs this.
const date = new Date(2026, 10, 5, 9, 3, 4, 7)
const entry: LogEntry = { date, severity: "warning", message: "a client stalled" }

test("text: local time, the program, the severity but for info, the message", () => {
  expect(text(entry, false)).toBe("2026-11-05 09:03:04.007 scached: warning: a client stalled\n")
  expect(text({ ...entry, severity: "info" }, false)).toBe("2026-11-05 09:03:04.007 scached: a client stalled\n")
})

test("colours surround, and change nothing else", () => {
  for (const severity of ["info", "warning", "error", "fatal"] as const) {
    const coloured = text({ ...entry, severity }, true)
    expect(coloured).toContain("\x1b[")
    expect(coloured.replace(/\x1b\[[0-9;]*m/g, "")).toBe(text({ ...entry, severity }, false))
  }
})

test("json: one object a line, time in ISO 8601, fields that cannot replace what every line has", () => {
  const line = json({ ...entry, fields: { parameter: "max_idle", message: "forged", level: "info" } })
  expect(line.match(/\n/g)).toHaveLength(1)
  expect(Object.entries(JSON.parse(line))).toEqual([
    ["time", date.toISOString()],
    ["level", "warning"],
    ["message", "a client stalled"],
    ["parameter", "max_idle"]
  ])
})

describe("nobody forges a line", () => {
  const hostile = "x\n2026-11-05 09:03:04.007 scached: forged\r\x1b[2K\u2028\u202e\x85\0"

  test("in text", () => {
    const line = text({ ...entry, message: hostile }, false)
    expect(line).toBe(
      "2026-11-05 09:03:04.007 scached: warning: x\\n2026-11-05 09:03:04.007 scached: forged\\r\\x1b[2K\\u2028\\u202e\\x85\\x00\n"
    )
  })

  test("in the cause of an error, whose lines are indented", () => {
    const lines = text({ ...entry, cause: `Error: y\n    at z\n${hostile}` }, false).split("\n")
    expect(lines.slice(1, -1).every((line) => line.startsWith("    "))).toBe(true)
    expect(lines.join("")).not.toMatch(/[\x00-\x1f\x80-\x9f]/)
  })

  test("in json, which gives the very text back", () => {
    const line = json({ ...entry, message: hostile, cause: hostile })
    expect(line.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/)
    expect(JSON.parse(line)).toMatchObject({ message: hostile, cause: hostile })
  })
})

test("what is printable stays as it is", () => {
  expect(printable("müller: 100 % \\n")).toBe("müller: 100 % \\n")
})

test("colours are for terminals that know them, unless NO_COLOR is set to something", () => {
  expect(isColoured({}, true)).toBe(true)
  expect(isColoured({ NO_COLOR: "" }, true)).toBe(true)
  for (const environment of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) expect(isColoured(environment, true)).toBe(false)
  expect(isColoured({}, false)).toBe(false)
})
