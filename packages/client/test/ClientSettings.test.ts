/** What a client says of options that it cannot take, from programs without types too. */
import { describe, expect, test } from "bun:test"
import { openCache, PlainCache } from "../src/index.ts"

const path = "/run/nobody"

/** The error of options that the types would not let through. */
const errorOf = (options: unknown): unknown => {
  try {
    Reflect.construct(PlainCache, [options])
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : error
  }
  return "no error"
}

describe("options", () => {
  const wrong: ReadonlyArray<readonly [unknown, string]> = [
    [path, `OptionsInvalid: the options of a client are "${path}": expected an object, such as { path: "${path}" }`],
    [
      undefined,
      'OptionsInvalid: the options of a client are missing: expected an object, such as { path: "run/scached.sock" }'
    ],
    [{}, "SettingInvalid: path is missing: expected the path of the cache's socket"],
    [{ path: 5 }, "SettingInvalid: path is 5: expected the path of the cache's socket"],
    [{ path, attemptsMax: "2" }, 'SettingInvalid: attemptsMax is "2": expected a number'],
    [{ path, waitingMax: null }, "SettingInvalid: waitingMax is null: expected a number"],
    [{ path, attemptsMax: 0 }, "SettingInvalid: attemptsMax is 0: expected a whole number from 1"],
    [
      { path, anwserMillisMax: 10 },
      "OptionUnknown: there is no option anwserMillisMax: expected path, answerMillisMax, attemptsMax, retryMillis, " +
        "restMillis, restMillisMax, connectionsMax, waitingMax"
    ]
  ]
  for (const [options, message] of wrong) test(message, () => expect(errorOf(options)).toBe(message))

  test("an optional one may be undefined", async () => {
    await openCache({ path, ...JSON.parse("{}"), attemptsMax: undefined }).close()
  })
})

describe("what a request is told", () => {
  /** As a program without types calls it. */
  const rejected = async (method: "saveEndpoint" | "findEndpoint" | "saveDestination", argument: unknown) => {
    await using cache = openCache({ path })
    const call: unknown = Reflect.apply(cache[method], cache, [argument])
    try {
      await call
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : error
    }
    return "no error"
  }

  test("has to have the type that it takes", async () => {
    const label = "label"
    expect([
      await rejected("findEndpoint", 5),
      await rejected("findEndpoint", undefined),
      await rejected("saveEndpoint", { lable: label, ttlSeconds: 60 }),
      await rejected("saveEndpoint", { label, ttlSeconds: 60 }),
      await rejected("saveEndpoint", { label, ttlSeconds: 60, descriptor: 7 }),
      await rejected("saveDestination", { label, ttlSeconds: 60 })
    ]).toEqual([
      "ArgumentInvalid: label is 5: expected a string or a Uint8Array",
      "ArgumentInvalid: label is missing: expected a string or a Uint8Array",
      "ArgumentInvalid: label is missing: expected a string or a Uint8Array",
      "ArgumentInvalid: socket is missing: expected a connected socket, or a descriptor",
      "ArgumentInvalid: descriptor is 7: expected a Descriptor: see copyDescriptor",
      "ArgumentInvalid: endpointLabel is missing: expected a string or a Uint8Array"
    ])
    expect(await rejected("saveEndpoint", { label, ttlSeconds: "60" })).toStartWith("InvalidTtl")
  })
})
