import { expect, test } from "bun:test"
import { zoneOfLink } from "../../src/process/TimeZone.ts"

test("the name of the time zone is read from the link", () => {
  expect(zoneOfLink("/usr/share/zoneinfo/Europe/Berlin")).toBe("Europe/Berlin")
  expect(zoneOfLink("../usr/share/zoneinfo/Etc/UTC")).toBe("Etc/UTC")
  expect(zoneOfLink("/usr/share/zoneinfo/posix/America/Argentina/Ushuaia")).toBe("America/Argentina/Ushuaia")
  expect(zoneOfLink("/etc/somewhere")).toBeUndefined()
})
