/** Every error that can come out of the client is exported by it, and in the README's table. */
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { BunSockets, ClientError, SettingsError } from "../src/index.ts"
import * as client from "../src/index.ts"

/** What the types of the package say can come out; a tag that is not exported does not compile. */
type Told =
  | ClientError
  | SettingsError
  | client.AttemptFailure
  | BunSockets.SocketUnfit
  | client.ArgumentInvalid
  | client.InvalidOctets
  | client.InvalidTtl
  | client.UnsupportedPlatform
const exported: Readonly<Record<Told["_tag"], keyof typeof client>> = {
  AnswerTimeout: "AnswerTimeout",
  ArgumentInvalid: "ArgumentInvalid",
  CacheBusy: "CacheBusy",
  CacheDisconnected: "CacheDisconnected",
  CacheUnavailable: "CacheUnavailable",
  ClientClosed: "ClientClosed",
  DescriptorMissing: "DescriptorMissing",
  InvalidOctets: "InvalidOctets",
  InvalidTtl: "InvalidTtl",
  OptionsInvalid: "OptionsInvalid",
  OptionUnknown: "OptionUnknown",
  ReplyTooLarge: "ReplyTooLarge",
  RequestRefused: "RequestRefused",
  RequestTooLarge: "RequestTooLarge",
  SaveUncertain: "SaveUncertain",
  SettingInvalid: "SettingInvalid",
  SocketPathInvalid: "SocketPathInvalid",
  SocketUnfit: "SocketUnfit",
  SystemCallError: "SystemCallError",
  UnexpectedProtocol: "UnexpectedProtocol",
  UnexpectedReply: "UnexpectedReply",
  UnsupportedPlatform: "UnsupportedPlatform"
}

const isError = (value: unknown): boolean => typeof value === "function" && value.prototype instanceof Error

test("the exported errors are those that the types tell, and misuse", () => {
  const names = Object.entries(client)
    .filter(([, value]) => isError(value))
    .map(([name]) => name)
  expect(names.sort()).toEqual(["DescriptorMisuse", ...Object.values(exported)].sort())
})

test("the README's tables have all of them, and no others", () => {
  const readme = readFileSync(join(import.meta.dir, "../README.md"), "utf8")
  const section = readme.slice(readme.indexOf("\n## Errors\n"), readme.indexOf("\n## How it waits\n"))
  const named = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name = ""]) => name)
  expect(named.sort()).toEqual(["DescriptorMisuse", ...Object.values(exported)].sort())
})

test("the README's table of options has all of them, with their defaults", () => {
  const readme = readFileSync(join(import.meta.dir, "../README.md"), "utf8")
  const section = readme.slice(readme.indexOf("\n## Options\n"), readme.indexOf("\n## Errors\n"))
  const rows = [...section.matchAll(/^\| `(\w+)` +\| ([\d,]+|none) +\|/gm)].map(([, name = "", value = ""]) => [
    name,
    value.replaceAll(",", "")
  ])
  const expected = Object.entries(client.defaultSettings).map(([name, value]) => [name, String(value)])
  expect(rows.sort()).toEqual([["path", "none"], ...expected].sort())
})
