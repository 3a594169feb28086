// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of main.cf.
import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { MainConfiguration, Parameter, ParameterSource, scacheParameters } from "../src/index.ts"
import { isPostconfAsked } from "./support/postconf.ts"
import { defaultHere } from "./support/release.ts"

const configuration = (text: string) => Result.getOrThrow(MainConfiguration.parse(text, { file: "D/main.cf" }))
const source = (text: string, options: Partial<ParameterSource.ParameterSourceOptions> = {}) =>
  ParameterSource.make({ table: scacheParameters, configuration: configuration(text), ...options })

const said = (parameter: Parameter.Parameter, value: string): unknown =>
  Result.match(ParameterSource.read(source(`${parameter.name} = ${value}\n`), parameter), {
    onFailure: (error) => error.message,
    onSuccess: (read) => read
  })

describe("where values come from", () => {
  const table = { text: Parameter.text({ name: "text", default: "table", about: "" }) }
  const make = (options: Omit<ParameterSource.ParameterSourceOptions, "table">) =>
    ParameterSource.make({ table, ...options })
  const main = { configuration: configuration("text = main\n") }
  const overrides = [
    { name: "text", value: "first" },
    { name: "text", value: "last" }
  ]

  test("facts, overrides, main.cf, the caller's defaults, the table's", () => {
    const all = { ...main, overrides, defaults: { text: "caller" }, facts: { text: "fact" } }
    const { facts: _facts, ...withoutFacts } = all
    const { overrides: _overrides, ...withoutOverrides } = withoutFacts
    const { configuration: _configuration, ...withoutMain } = withoutOverrides
    const found = [all, withoutFacts, withoutOverrides, withoutMain, {}].map((each) => make(each).find("text"))
    expect(found).toEqual([
      { value: "fact", origin: "set by the program" },
      { value: "last", origin: "set on the command line" },
      { value: "main", origin: "D/main.cf, line 1" },
      { value: "caller", origin: "the default" },
      { value: "table", origin: "the default" }
    ])
  })

  test("a fact is no expression", () => {
    const facts = { service_name: "a$b${c" }
    expect(ParameterSource.expandIn(make({ facts }), "$service_name")).toEqual(Result.succeed("a$b${c"))
  })

  test("a setting of a fact changes nothing, as with scache(8)", () => {
    const read = ParameterSource.read(
      source("service_name = bar\n", { facts: { service_name: "scache" } }),
      scacheParameters.serviceName
    )
    expect(read).toEqual(Result.succeed("scache"))
  })

  test("a parameter that no table knows can be referred to", () => {
    expect(ParameterSource.expandIn(source("mine = 5\n"), "$mine$theirs")).toEqual(Result.succeed("5"))
  })
})

describe("times", () => {
  const { ttlSecondsMax } = scacheParameters
  test("in seconds", () => expect(said(ttlSecondsMax, "5m")).toBe(300))
  test("an expression", () => expect(said(ttlSecondsMax, "${max_idle?{3}}m")).toBe(180))
  test("malformed", () =>
    expect(said(ttlSecondsMax, "5x")).toBe(
      "parameter connection_cache_ttl_limit: bad time value or unit: 5x (D/main.cf, line 1): expected a whole number and a unit s, m, h, d, w, at least 1s"
    ))
  test("too large for Postfix", () => {
    const origin = "(max 2147483647 seconds)"
    expect(said(ttlSecondsMax, "2147483648")).toContain(`2147483648 ${origin}`)
    expect(said(ttlSecondsMax, "99999w")).toContain(`99999w ${origin}`)
  })
  test("too short", () =>
    expect(said(ttlSecondsMax, "0")).toBe("invalid connection_cache_ttl_limit: 0 (min 1) (D/main.cf, line 1)"))
})

describe("whole numbers", () => {
  const { clientsMax } = scacheParameters
  test("in decimal", () => {
    for (const [written, read] of [
      ["5", 5],
      ["+5", 5],
      ["05", 5],
      ["2147483647", 2_147_483_647]
    ] as const) {
      expect(said(clientsMax, written)).toBe(read)
    }
  })
  test("malformed", () => {
    for (const text of ["", "x", "5x", "0x5", "5s", "1.5", "5 5"])
      expect(said(clientsMax, text)).toContain("not a whole")
    expect(said(clientsMax, "5x")).toBe(
      "parameter max_use: not a whole number: 5x (D/main.cf, line 1): expected a whole number from 1 to 2147483647"
    )
  })
  test("out of range", () => {
    expect(said(clientsMax, "-1")).toBe("invalid max_use: -1 (min 1) (D/main.cf, line 1)")
    expect(said(clientsMax, "2147483648")).toContain("(max 2147483647)")
  })
})

describe("yes and no", () => {
  const { isUtf8Logged } = scacheParameters
  test("in any case", () => {
    expect(said(isUtf8Logged, "YES")).toBe(true)
    expect(said(isUtf8Logged, "nO")).toBe(false)
  })
  test("nothing else", () => {
    for (const text of ["", "true", "1", "Y", "maybe"]) expect(said(isUtf8Logged, text)).toContain("neither yes nor no")
  })
  test("by default, as the compatibility level has it", () => {
    expect(ParameterSource.read(source(""), isUtf8Logged)).toEqual(Result.succeed(false))
    expect(ParameterSource.read(source("compatibility_level = 3.6"), isUtf8Logged)).toEqual(Result.succeed(true))
  })
})

describe("text", () => {
  test("too short", () =>
    expect(said(scacheParameters.syslogName, "")).toBe('invalid syslog_name: "" (min 1 bytes) (D/main.cf, line 1)'))
  test("too long, in bytes", () => {
    const short = Parameter.text({ name: "short", default: "", maxBytes: 3, about: "" })
    expect(said(short, "€")).toBe("€")
    expect(said(short, "€a")).toContain("(max 3 bytes)")
  })
  test("one of a few words", () => {
    expect(said(scacheParameters.syslogFacility, "local3")).toBe("local3")
    expect(said(scacheParameters.syslogFacility, "Mail")).toContain(
      "unknown value: Mail (D/main.cf, line 1): expected one of auth,"
    )
  })
  test("that cannot be expanded", () => {
    expect(said(scacheParameters.syslogName, "${x")).toBe(
      'parameter syslog_name = ${x (D/main.cf, line 1): "${x": a bracket is not closed'
    )
  })
})

describe("all at once", () => {
  test("defaults", () => {
    const read = ParameterSource.readAll(source("multi_instance_name = postfix-two"), scacheParameters)
    expect(Result.getOrThrow(read)).toMatchObject({ ttlSecondsMax: 2, idleSecondsMax: 100, syslogName: "postfix-two" })
  })
  test("all that is wrong is told", () => {
    const read = ParameterSource.readAll(source("max_idle = 0\nipc_timeout = x\n"), scacheParameters)
    const names = Result.match(read, { onFailure: (errors) => errors.map(({ name }) => name), onSuccess: () => [] })
    expect(names).toEqual(["ipc_timeout", "max_idle"])
  })
})

// What a program is told or finds out; postconf tells its own.
const differs = new Set(["config_directory", "process_id", "process_name", "service_name", "myhostname"])

test.skipIf(!isPostconfAsked)("the defaults are those of postconf -d [needs Postfix]", () => {
  const entries = Object.values(scacheParameters).filter(({ name }) => !differs.has(name))
  const run = Bun.spawnSync(["/usr/sbin/postconf", "-d", ...entries.map(({ name }) => name)])
  const lines = run.stdout.toString().trimEnd().split("\n")
  const ours = entries.map((each) => `${each.name} = ${defaultHere(each.default)}`.trimEnd())
  expect(ours).toEqual(lines.map((line) => line.trimEnd()))
})
