import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { Farewell, farewellNames } from "../src/index.ts"
import { property } from "./support/property.ts"

const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1")

describe("the protocols", () => {
  const expected: Readonly<Record<string, string>> = {
    smtp: "QUIT\r\n",
    lmtp: "QUIT\r\n",
    imap: "a LOGOUT\r\n",
    pop3: "QUIT\r\n",
    nntp: "QUIT\r\n",
    redis: "QUIT\r\n",
    postgres: "X\0\0\0\x04",
    mysql: "\x01\0\0\0\x01"
  }

  test("each ends a session in its own words", () => {
    const found = Object.fromEntries(farewellNames.map((name) => [name, textOf(Farewell.named(name).octets)]))
    expect(found).toEqual({ ...expected })
  })

  test("each is read by its name", () => {
    for (const name of farewellNames) expect(Result.getOrThrow(Farewell.parse(name))?.protocol).toBe(name)
  })
})

describe("literal octets", () => {
  const read = (word: string) => Result.map(Farewell.parse(word), (found) => found && textOf(found.octets))

  test("are read with their escapes", () => {
    expect(Result.getOrThrow(read("octets:BYE\\r\\n"))).toBe("BYE\r\n")
    expect(Result.getOrThrow(read("octets:a\\sb\\tc\\\\d\\x00\\xfF,="))).toBe("a b\tc\\d\0\xff,=")
  })

  test("may be 64 and not 65", () => {
    expect(Result.getOrThrow(read(`octets:${"x".repeat(64)}`))).toBe("x".repeat(64))
    expect(Result.isFailure(read(`octets:${"x".repeat(65)}`))).toBe(true)
    expect(Result.getOrThrow(read(`octets:${"\\x00".repeat(64)}`))).toBe("\0".repeat(64))
  })

  for (const word of ["", "octets:", "octets", "QUIT", "SMTP", "octets:a b", "octets:\\q", "octets:\\x0", "octets:é"]) {
    test(`${JSON.stringify(word)} is none`, () => {
      const found = Farewell.parse(word)
      expect(Result.isFailure(found) && found.failure.found).toBe(word)
    })
  }

  test("none is nothing, and no failure", () => {
    expect(Result.getOrThrow(Farewell.parse("none"))).toBeUndefined()
  })

  test("come back as they were written", () => {
    const octets = fc.uint8Array({ minLength: 1, maxLength: Farewell.octetsMax })
    property(import.meta.file, "come back as they were written", octets, (bytes) => {
      const word = Farewell.format({ protocol: "octets", octets: bytes })
      expect(word).toMatch(/^[!-+\--<>-~]+$/)
      expect(Result.getOrThrow(Farewell.parse(word))).toEqual({ protocol: "octets", octets: bytes })
    })
  })

  test("a name is written as itself", () => {
    expect(farewellNames.map((name) => Farewell.format(Farewell.named(name)))).toEqual([...farewellNames])
  })
})
