import { describe, expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { KernelProcessCalls } from "@scached/daemon"
import { FarewellRules } from "@scached/farewell"
import { Override } from "@scached/postfix"
import { Effect, Result } from "effect"
import * as ServeSettings from "../../src/serve/ServeSettings.ts"
import { cacheSettingsOf } from "../../src/settings/cacheSettingsOf.ts"
import { budgetOf } from "../../src/settings/DescriptorBudget.ts"
import { Directory } from "../support/Daemon.ts"

/** Reads a main.cf of that text, with `-o` settings. */
const readAll = (
  text: string,
  overrides: ReadonlyArray<string>,
  socketPath: string | undefined = "/run/private/name",
  giveWay?: Effect.Effect<void>
) => {
  using directory = new Directory()
  writeFileSync(directory.join("main.cf"), text)
  const origin = {
    configurationDirectory: directory.path,
    allowedUsers: [],
    allowedGroups: [],
    overrides: overrides.map((each) => Result.getOrThrow(Override.parse(each))),
    socketPath
  }
  const result = Effect.runSync(
    Effect.result(ServeSettings.read(origin, giveWay)).pipe(Effect.provide(KernelProcessCalls.layer))
  )
  return { result, file: directory.join("main.cf"), directory: directory.path }
}

const settings = (...given: Parameters<typeof readAll>) => Result.getOrThrow(readAll(...given).result)
const errors = (...given: Parameters<typeof readAll>) => {
  const { file, result } = readAll(...given)
  const messages = Result.isFailure(result) ? result.failure.messages : []
  return messages.map((message) => message.replaceAll(file, "FILE"))
}

test("others have a turn between the parts of a large main.cf", () => {
  let turns = 0
  const giveWay = Effect.sync(() => {
    turns++
  })
  const text = Array.from({ length: 10_000 }, (_, index) => `own${index} = ${index}\n`).join("")
  expect(Result.isSuccess(readAll(text, [], undefined, giveWay).result)).toBe(true)
  expect(turns).toBe(Math.ceil(text.length / 16_384))
})

describe("values", () => {
  test("-o goes before main.cf, main.cf before the default; max_idle is off unless set", () => {
    const { values } = settings("ipc_timeout = 5s\nmax_idle = 7s\n", ["ipc_timeout=1m"])
    expect(values).toMatchObject({ requestSecondsMax: 60, idleSecondsMax: 7, ttlSecondsMax: 2, statisticsSeconds: 600 })
    expect(settings("", []).values).toMatchObject({ idleSecondsMax: 0, watchdogSeconds: 18_000, syslogName: "postfix" })
    expect(settings("max_idle = 7s", ["max_idle=0"]).values.idleSecondsMax).toBe(0)
  })

  test("rules for farewells are read, backslashes and all", () => {
    const { farewells, values } = settings("scached_farewell = smtp, relay=smtp greet*=octets:BYE\\r\\n\n", [])
    expect(FarewellRules.farewellOf(farewells, "relay\nx")?.protocol).toBe("smtp")
    expect(FarewellRules.farewellOf(farewells, "greeter")?.octets).toEqual(Uint8Array.from(Buffer.from("BYE\r\n")))
    expect(values.farewellSeconds).toBe(5)
    expect(settings("", []).farewells).toEqual(FarewellRules.none)
  })

  test("the program tells its name, its number, its socket's name and its directory, and values may refer to them", () => {
    const told = "syslog_name=$process_name-$process_id-$service_name"
    expect(settings("", [told]).values.syslogName).toBe(`scached-${process.pid}-name`)
    const derived = { clientsMax: 10_000, connectionsMax: 100_000, exchangeSecondsMax: 60, idleSecondsMax: 0 }
    expect(cacheSettingsOf(settings("", []).values, budgetOf(200_000), undefined)).toMatchObject(derived)
    const { directory: read, result } = readAll("config_directory = /elsewhere\n", [])
    expect(Result.getOrThrow(result).values.configurationDirectory).toBe(read)
  })

  test("a setting of what the program tells is ignored, with a remark", () => {
    const { remarks, values } = settings("process_name = x\n", ["process_id=7"])
    expect([values.processName, values.processId]).toEqual(["scached", String(process.pid)])
    expect(remarks).toEqual([
      expect.stringMatching(/^-o: process_id is ignored: /),
      expect.stringMatching(/main\.cf, line 1: process_name is ignored: /)
    ])
  })

  test("a name that begins like ours and is none is a remark, unless a value refers to it", () => {
    const mainCf = "scached_conection_limit = 5\nscached_mine = 7s\nmax_idle = $scached_mine\n"
    expect(settings(mainCf, []).remarks).toEqual([
      expect.stringMatching(
        /main\.cf, line 1: unknown parameter "scached_conection_limit", ignored: those of scached are /
      )
    ])
  })

  test("a value may refer to what Postfix knows by itself", () => {
    expect(settings("syslog_name = $mail_name\n", []).values).toMatchObject({ syslogName: "Postfix" })
  })

  test("what main.cf says twice is a remark", () => {
    expect(settings("max_idle = 1s\nmax_idle = 2s\n", []).remarks).toEqual([
      expect.stringContaining("main.cf, line 2: replaces max_idle = 1s of line 1")
    ])
  })
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is an expression of main.cf.
describe("errors", () => {
  test("name file, line, parameter and value, all of them", () => {
    expect(errors("ipc_timeout = 5x\n\nmax_idle = -1\nsyslog_facility = post\n", [])).toEqual([
      expect.stringMatching(/^parameter ipc_timeout: .*: 5x \(FILE, line 1\): expected /),
      expect.stringMatching(/^parameter max_idle: .*: -1 \(FILE, line 3\): expected /),
      expect.stringMatching(/^parameter syslog_facility: .*: post \(FILE, line 4\): expected one of /)
    ])
  })

  test("a rule for farewells that is none", () => {
    expect(errors("scached_farewell = smtp, relay=esmtp\n", [])).toEqual([
      expect.stringMatching(/^scached_farewell: "esmtp" is no farewell: expected one of smtp, lmtp, /)
    ])
  })

  test("what does not concern a cache beside Postfix is not looked at", () => {
    expect(errors("max_use = many\nmydestination =\n", [])).toEqual([])
  })

  test("a name that nothing knows is a mistake by -o, unless a value refers to it", () => {
    expect(errors("", ["my_time=3s"])).toEqual([expect.stringMatching(/^-o: unknown parameter "my_time"/)])
    expect(settings("", ["my_time=3s", "ipc_timeout=$my_time"]).values.requestSecondsMax).toBe(3)
    expect(settings("ipc_timeout = ${my_time?{$my_time}:{9s}}", ["my_time=3s"]).values.requestSecondsMax).toBe(3)
  })
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: this is an expression of main.cf.
