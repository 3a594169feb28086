/** Local time beside that of date(1), which asks the C library. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Result } from "effect"
import { LocalTime, TimeZoneFile, TimeZoneRule } from "../src/index.ts"

const readFile = (path: string) => (existsSync(path) ? readFileSync(path) : undefined)

/** Of each year from 1999 to 2045 some days, and the hours around the changes of Europe and America in 2026. */
const moments: ReadonlyArray<number> = [
  ...Array.from(
    { length: 47 },
    (_, index) => Date.UTC(1999 + index, (5 * index) % 12, 1 + ((7 * index) % 28), index % 24) / 1000
  ),
  ...[Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1), Date.UTC(2026, 2, 8, 7), Date.UTC(2026, 10, 1, 6)].flatMap(
    (at) => [-3_601, -3_600, -1, 0, 1, 3_599, 3_600].map((seconds) => at / 1000 + seconds)
  )
]

/** `+HH:MM:SS` of date(1), in seconds, for all moments with one call. */
const offsetsByDate = (zone: string): ReadonlyArray<number> => {
  const directory = mkdtempSync(join(tmpdir(), "zone-"))
  const file = join(directory, "moments")
  writeFileSync(file, moments.map((at) => `@${at}\n`).join(""))
  const output = Bun.spawnSync(["date", "--file", file, "+%::z"], { env: { TZ: zone, PATH: "/usr/bin:/bin" } }).stdout
  rmSync(directory, { recursive: true })
  return output
    .toString()
    .trim()
    .split("\n")
    .map((text) => {
      const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).split(":").map(Number)
      return (text.startsWith("-") ? -1 : 1) * (hours * 3_600 + minutes * 60 + seconds) + 0
    })
}

const zones = [
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "America/St_Johns",
  "Africa/Casablanca",
  "Etc/UTC",
  ":Europe/Berlin",
  "/usr/share/zoneinfo/Asia/Kathmandu",
  ":/usr/share/zoneinfo/Europe/Dublin",
  "CET-1CEST,M3.5.0,M10.5.0/3",
  "EST5EDT,M3.2.0,M11.1.0",
  "NZST-12NZDT,M9.5.0,M4.1.0/3",
  "<+0545>-5:45",
  "JST-9",
  "AAA3BBB,J60/0,J300/4:30",
  "AAA3BBB2,59,299",
  "Mars/Olympus",
  "x",
  ""
]

describe("the offset from UTC is that of the C library", () => {
  const hasZones = existsSync("/usr/share/zoneinfo/Europe/Berlin")
  for (const zone of zones) {
    const needsFiles = zone.includes("/") && !hasZones
    test.skipIf(needsFiles && !process.env["CI"])(
      `TZ=${zone}${needsFiles ? " [needs the package tzdata]" : ""}`,
      () => {
        const at = LocalTime.resolve(zone, readFile)
        const ours = moments.map((moment) => at(moment) + 0)
        expect(ours).toEqual([...offsetsByDate(zone)])
      }
    )
  }
})

test("without TZ /etc/localtime counts, whatever it is, and without that UTC", () => {
  const berlin = TimeZoneRule.parse("CET-1CEST,M3.5.0,M10.5.0/3")
  const summer = Date.UTC(2026, 6, 1) / 1000
  expect(Result.getOrThrow(berlin)(summer)).toBe(7_200)
  const asked: Array<string> = []
  const at = LocalTime.resolve(undefined, (path) => {
    asked.push(path)
    return undefined
  })
  expect([asked, at(summer)]).toEqual([["/etc/localtime"], 0])
})

test("what is no compiled zone is an error that says why, wherever it is cut off", () => {
  const reasons = (bytes: Uint8Array) =>
    Result.match(TimeZoneFile.parse(bytes), { onFailure: ({ reason }) => reason, onSuccess: () => "" })
  expect(reasons(new Uint8Array())).toBe("the header or its counts are wrong")
  const whole = new Uint8Array(44 + 6 + 4)
  whole.set([0x54, 0x5a, 0x69, 0x66])
  new DataView(whole.buffer).setUint32(36, 1)
  new DataView(whole.buffer).setUint32(40, 4)
  new DataView(whole.buffer).setInt32(44, 3_600)
  for (let length = 0; length < whole.length; length++) expect(reasons(whole.subarray(0, length))).not.toBe("")
  expect(Result.getOrThrow(TimeZoneFile.parse(whole))(0)).toBe(3_600)
})
