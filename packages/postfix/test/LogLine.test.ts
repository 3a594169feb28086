import { describe, expect, test } from "bun:test"
import { ByteText, LogLine } from "../src/index.ts"

// Local time, so that the tests do not depend on where they run.
const date = new Date(2026, 10, 5, 9, 3, 4)
const tag = LogLine.programTag("postfix", "scache")
const line = (options: Partial<LogLine.LogLine> = {}): LogLine.LogLine => ({
  severity: "info",
  text: "text",
  tag,
  processId: 1234,
  date,
  ...options
})
const syslog = (options: Partial<LogLine.LogLine>, facility: Parameters<typeof LogLine.syslogDatagram>[1] = "mail") =>
  ByteText.decode(LogLine.syslogDatagram(line(options), facility))

// Each prefix was recorded from Postfix 3.7.11 on Debian 12: from a socket at /dev/log, and from one at public/postlog.
describe("datagrams to syslog", () => {
  test("severities", () => {
    expect(syslog({ severity: "info" })).toBe("<22>Nov  5 09:03:04 postfix/scache[1234]: text")
    expect(syslog({ severity: "warning" })).toBe("<20>Nov  5 09:03:04 postfix/scache[1234]: warning: text")
    expect(syslog({ severity: "error" })).toBe("<19>Nov  5 09:03:04 postfix/scache[1234]: error: text")
    expect(syslog({ severity: "fatal" })).toBe("<18>Nov  5 09:03:04 postfix/scache[1234]: fatal: text")
    expect(syslog({ severity: "panic" })).toBe("<18>Nov  5 09:03:04 postfix/scache[1234]: panic: text")
    expect(syslog({ date: new Date(2026, 10, 22, 16, 48, 44) })).toStartWith("<22>Nov 22 16:48:44 ")
  })

  test("facilities", () => {
    const priorities = {
      auth: 34,
      authpriv: 82,
      cron: 74,
      daemon: 26,
      ftp: 90,
      kern: 18,
      lpr: 50,
      mail: 18,
      news: 58,
      syslog: 42,
      user: 10,
      uucp: 66,
      local0: 130,
      local7: 186
    } as const
    for (const [facility, priority] of Object.entries(priorities)) {
      // It cannot lie: these are keys of the table above.
      expect(syslog({ severity: "fatal" }, facility as keyof typeof priorities)).toStartWith(`<${priority}>Nov`)
    }
  })
})

describe("datagrams to postlogd(8)", () => {
  const postlog = (hostname: string | undefined) =>
    ByteText.decode(LogLine.postlogDatagram(line({ severity: "fatal" }), hostname))
  test("a zero before the day, and the first label of the host's name", () => {
    expect(postlog("mx.example.test")).toBe("Nov 05 09:03:04 mx postfix/scache[1234]: fatal: text")
  })
  test("a host whose name is not known", () => {
    for (const name of [undefined, "", ".example"])
      expect(postlog(name)).toStartWith("Nov 05 09:03:04 amnesiac postfix/")
  })
})

describe("text", () => {
  test("control bytes and what is not UTF-8 become question marks", () => {
    const text = ByteText.decode(Uint8Array.of(0x61, 0x01, 0x09, 0x0a, 0xc3, 0xbc, 0xff, 0x7f, 0xe2, 0x82, 0xac, 0x62))
    expect(LogLine.printable(text)).toBe("a???ü??€b")
    expect(LogLine.printable(text, false)).toBe(`a${"?".repeat(10)}b`)
    expect(LogLine.printable("📬", false)).toBe("????")
    expect(LogLine.printable("\u0085")).toBe("\u0085")
  })

  test("is cut after 2000 bytes, without its severity word and not within a character", () => {
    const message = (text: string) => LogLine.message({ severity: "fatal", text })
    expect(message("x".repeat(50_000))).toBe(`fatal: ${"x".repeat(2_000)}`)
    expect(message("x".repeat(2_000))).toHaveLength(2_007)
    expect(message(`${"x".repeat(1_999)}üü`)).toBe(`fatal: ${"x".repeat(1_999)}`)
    expect(message(`${"x".repeat(1_998)}üü`)).toBe(`fatal: ${"x".repeat(1_998)}ü`)
  })

  test("a tag is made printable as well", () => {
    expect(syslog({ tag: LogLine.programTag("post\nfix", "a") })).toContain(" post?fix/a[1234]: text")
  })

  test("on standard error", () => {
    expect(LogLine.standardErrorLine(line({ severity: "fatal" }))).toBe("postfix/scache: fatal: text\n")
  })
})
