import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { DaemonEnvironment } from "../src/index.ts"

const decode = (variables: Record<string, string>) => DaemonEnvironment.decode(variables)

describe("the environment of a daemon", () => {
  test("as master(8) gives it", () => {
    const environment = decode({
      MAIL_CONFIG: "/etc/postfix-two",
      GENERATION: "37777777777",
      POSTLOG_SERVICE: "public/postlog",
      POSTLOG_HOSTNAME: "mx.example.test",
      MAIL_LOGTAG: "postfix-two",
      TZ: "",
      MAIL_VERBOSE: "",
      HOME: "/"
    })
    expect({ ...Result.getOrThrow(environment) }).toEqual({
      configurationDirectory: "/etc/postfix-two",
      generation: 4_294_967_295,
      postlogService: "public/postlog",
      postlogHostname: "mx.example.test",
      logTag: "postfix-two",
      timeZone: "",
      isVerbose: true,
      isDebugging: false
    })
  })

  test("empty", () => {
    expect({ ...Result.getOrThrow(decode({ POSTLOG_SERVICE: "" })) }).toMatchObject({
      configurationDirectory: "/etc/postfix",
      generation: 0,
      postlogService: undefined
    })
  })

  // scache(8) refuses all but the last three: it takes "8" for 0 and a number that is too large for another one.
  for (const text of ["", "x", " 7", "-1", "+7", "0x7", "7z", "8", "40000000000", "1".repeat(400)]) {
    test(`a generation ${JSON.stringify(text.slice(0, 12))} is refused`, () => {
      const message = Result.match(decode({ GENERATION: text }), { onFailure: (e) => e.message, onSuccess: String })
      expect(message).toStartWith(`bad environment: GENERATION="${text.slice(0, 12)}`)
    })
  }

  test("a configuration directory is an absolute path", () => {
    for (const path of ["", "etc/postfix"]) {
      const message = Result.match(decode({ MAIL_CONFIG: path }), { onFailure: (e) => e.message, onSuccess: String })
      expect(message).toBe(
        `bad environment: MAIL_CONFIG="${path}": expected the absolute path of the directory with main.cf`
      )
    }
  })
})
