import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LocalTime } from "@scached/postfix"
import * as TimeZone from "../../src/process/TimeZone.ts"

const directory = mkdtempSync(join(tmpdir(), "zone-"))
afterAll(() => {
  rmSync(directory, { recursive: true })
  TimeZone.keep(process.env)
})

const noon = new Date(Date.UTC(2026, 0, 1, 12))
const localHour = (zone: string): number => {
  TimeZone.keep({ TZ: zone })
  return LocalTime.shifted(noon).getUTCHours()
}

test("a rule, a path and an empty TZ are what they are to the C library", () => {
  // One type, one hour east, and nothing else: what zic(8) writes for a zone that never changed.
  const zone = new Uint8Array(44 + 6 + 4)
  zone.set([0x54, 0x5a, 0x69, 0x66])
  const view = new DataView(zone.buffer)
  view.setUint32(36, 1)
  view.setUint32(40, 4)
  view.setInt32(44, 3_600)
  const file = join(directory, "zone")
  writeFileSync(file, zone)
  expect([localHour("JST-9"), localHour(file), localHour(`:${file}`), localHour("")]).toEqual([21, 13, 13, 12])
  expect(localHour(join(directory, "missing"))).toBe(12)
})
