import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { DaemonOptions, ServiceMode } from "../src/index.ts"
import { property } from "./support/property.ts"

const parse = (line: string) => DaemonOptions.parse(line === "" ? [] : line.split(" "))
const read = (line: string) => Result.getOrThrow(parse(line))
const messageOf = (result: Result.Result<unknown, Error>): string =>
  Result.match(result, { onFailure: (error) => error.message, onSuccess: () => "no error" })

const none: DaemonOptions.DaemonOptions = {
  isChroot: false,
  isDebugging: false,
  isDebuggerStarted: false,
  isProcessLimitOne: false,
  isProcessLimitZero: false,
  isStream: false,
  isUnprivileged: false,
  isLoggedToStandardError: false,
  verbosity: 0,
  serviceName: undefined,
  transport: undefined,
  socketCount: 1,
  overrides: [],
  operands: []
}
const served = { ...none, isProcessLimitOne: true, serviceName: "scache", transport: "unix" }

describe("options", () => {
  test("none", () => expect(read("")).toEqual(none))

  test("apart, together, with arguments behind and after them", () => {
    for (const line of ["-l -n scache -t unix", "-lnscache -tunix", "-ln scache -t unix", "-t xyz -lnscache -t unix"]) {
      expect(read(line)).toEqual(served)
    }
  })

  test("each flag", () => {
    expect(read("-cdDlSuvVz -v")).toEqual({
      ...none,
      isChroot: true,
      isDebugging: true,
      isDebuggerStarted: true,
      isProcessLimitOne: true,
      isProcessLimitZero: true,
      isStream: true,
      isUnprivileged: true,
      isLoggedToStandardError: true,
      verbosity: 2
    })
  })

  test("-i, -m and -o are overrides, in their order", () => {
    expect(read("-o max_idle=5 -i 7 -m 3 -oa=b").overrides).toEqual([
      { name: "max_idle", value: "5" },
      { name: "max_idle", value: "7" },
      { name: "max_use", value: "3" },
      { name: "a", value: "b" }
    ])
  })

  test("an argument may look like an option", () => expect(read("-n -l").serviceName).toBe("-l"))

  test("they end at -- and at the first other word", () => {
    expect(read("-v -- -l")).toEqual({ ...none, verbosity: 1, operands: ["-l"] })
    expect(read("-v extra -l")).toEqual({ ...none, verbosity: 1, operands: ["extra", "-l"] })
    expect(read("-v - -l").operands).toEqual(["-", "-l"])
  })

  // scache(8) stops with a fatal error at each of these, but for -s 1x, of which it takes the 1.
  const refused: ReadonlyArray<readonly [string, string]> = [
    ["-x", "invalid option: -x:"],
    ["--help", "invalid option: --:"],
    ["-lq", "invalid option: -q:"],
    ["-m", "invalid option: -m without its argument: write -m count"],
    ["-ln", "invalid option: -n without its argument: write -n name"],
    ["-s 0", "invalid socket count: -s 0: expected a whole number from 1 to 1000"],
    ["-s -1", "invalid socket count: -s -1"],
    ["-s x", "invalid socket count: -s x"],
    ["-s 1x", "invalid socket count: -s 1x"],
    ["-s 99999999999", "invalid socket count"],
    ["-o a", 'invalid option -o "a"']
  ]
  for (const [line, message] of refused) {
    test(`${line} is refused`, () => expect(messageOf(parse(line))).toStartWith(message))
  }

  test("no words throw", () => {
    const words = fc.array(fc.oneof(fc.constantFrom("-l", "-o", "-", "--", "-s"), fc.string({ unit: "binary" })))
    property(import.meta.file, "no words throw", words, (each) => void DaemonOptions.parse(each))
  })
})

describe("what the options ask for", () => {
  const mode = (line: string) => ServiceMode.fromOptions(read(line), "scached")

  test("listen sockets", () => {
    expect(mode("-l -n scache -t unix -s 2")).toEqual(
      Result.succeed({ _tag: "Listen", serviceName: "scache", transport: "unix", socketCount: 2 })
    )
    for (const transport of ["inet", "pass", "UNIX"]) expect(Result.isSuccess(mode(`-l -t ${transport}`))).toBe(true)
  })

  test("one client on standard input, whatever else is said", () => {
    const stream = Result.succeed({ _tag: "Stream" as const, serviceName: "scached" })
    for (const line of ["-S", "-S -l", "-S -t xyz"]) expect(mode(line)).toEqual(stream)
  })

  const refused: ReadonlyArray<readonly [string, string]> = [
    ["-n foo -t unix", "service foo requires a process limit of 1: "],
    ["-t xyz", "service scached requires a process limit of 1: "],
    ["-z -t unix", "service scached requires a process limit of 1: "],
    ["-l", "no transport type specified: "],
    ["-l -t xyz", "unsupported transport type: xyz: expected unix, inet or pass"]
  ]
  for (const [line, message] of refused) {
    test(`${line} is refused`, () => expect(messageOf(mode(line))).toStartWith(message))
  }
})
