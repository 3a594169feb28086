/** The screen of `scached top`, without a terminal. */
import { describe, expect, test } from "bun:test"
import type { CacheStatus } from "@scached/protocol"
import * as TopScreen from "../../../src/inspect/top/TopScreen.ts"

const status = (change: Partial<CacheStatus.CacheStatus> = {}): CacheStatus.CacheStatus => ({
  version: "1.0.0",
  mode: "master",
  processId: 7,
  isBatching: true,
  startedSeconds: 0,
  uptimeSeconds: 3_700,
  counters: { saved_endpoints: 1_000, endpoint_hits: 750, endpoint_misses: 250 },
  gauges: { connections: 90, clients: 10 },
  limits: { scached_connection_limit: 100, scached_client_limit: 10, scached_binding_limit: 0 },
  limitsReached: { scached_client_limit: 3, scached_text_limit: 0 },
  settings: {},
  ...change
})

const shape = { columns: 80, rows: 50, isColoured: false }
const screen = (state: Partial<TopScreen.TopState> = {}, terminal: Partial<TopScreen.TerminalShape> = {}) =>
  TopScreen.lines({ status: status(), before: undefined, trouble: undefined, ...state }, { ...shape, ...terminal })

const widthOf = (line: string): number => line.replace(/\x1b\[[0-9;]*m/g, "").length

describe("a screen", () => {
  for (const columns of [20, 60, 109, 110, 200]) {
    test(`of ${columns} columns takes no more, coloured or not, whatever the cache says`, () => {
      const long = status({ version: "x\x1b[35m".repeat(50), mode: "y".repeat(300) })
      for (const isColoured of [false, true]) {
        for (const each of [status(), long]) {
          const lines = screen({ status: each, trouble: "z".repeat(300) }, { columns, isColoured })
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns)
          // Nothing of the cache's gets to the terminal as it is.
          expect(lines.join("").includes("\x1b[35m")).toBe(false)
        }
      }
    })
  }

  test("takes no more rows than there are", () => {
    for (const rows of [1, 2, 10, 24]) expect(screen({}, { rows }).length).toBeLessThanOrEqual(Math.max(1, rows - 1))
  })

  test("has one column in 60, and two in 200", () => {
    const row = (columns: number, word: string) => screen({}, { columns }).findIndex((line) => line.includes(word))
    expect(row(60, "Events")).toBeGreaterThan(row(60, "Now"))
    expect(row(200, "Events")).toBe(row(200, "Now"))
  })

  test("has colours where they are wanted, and each line ends its own", () => {
    expect(screen().join("").includes("\x1b")).toBe(false)
    for (const line of screen({ trouble: "gone" }, { isColoured: true, columns: 30 })) {
      const last = line.match(/\x1b\[[0-9;]*m/g)?.at(-1) ?? "\x1b[0m"
      expect(last).toBe("\x1b[0m")
    }
  })
})

describe("what it shows", () => {
  test("the usage of limits, hits, and limits that were reached", () => {
    const text = screen().join("\n")
    expect(text).toContain("scached 1.0.0 master pid 7, up 1 h 1 min, io_uring used")
    expect(text).toMatch(/connections +90\/100 \[#+\.+\]/)
    expect(text).toMatch(/clients +10\/10 \[#+\]/)
    expect(text).toContain("found 75% of 1000 lookups")
    expect(text).toContain("scached_client_limit")
    expect(text).not.toContain("scached_text_limit")
  })

  test("rates between two states of one process, and none over a restart", () => {
    const before = status({ uptimeSeconds: 3_698, counters: { saved_endpoints: 980 } })
    const line = (lines: ReadonlyArray<string>) => lines.find((each) => each.startsWith("connections saved"))
    expect(line(screen({ before }))).toMatch(/ 10\.0 +1000$/)
    expect(line(screen())).toMatch(/ - +1000$/)
    expect(line(screen({ before: { ...before, processId: 6 } }))).toMatch(/ - +1000$/)
  })

  test("why it is old", () => expect(screen({ trouble: "the cache has ended" })[1]).toBe("the cache has ended"))
})
