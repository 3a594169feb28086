// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of main.cf.
/** What a value is that refers to parameters which no main.cf sets, beside what postconf(1) makes of it. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Result } from "effect"
import { MainConfiguration, ParameterSource, PostfixDefaults, scacheParameters } from "../src/index.ts"
import { isPostconfAsked } from "./support/postconf.ts"

const cases: ReadonlyArray<readonly [lines: string, expected: string]> = [
  ["myhostname = mail.example.test\nsyslog_name = $mail_name", "Postfix"],
  ["myhostname = mail.example.test\nsyslog_name = $mydomain", "example.test"],
  ["myhostname = mail.example.test\nmydomain = other.test\nsyslog_name = pf-$mydomain", "pf-other.test"],
  ["myhostname = mail\nsyslog_name = $mydomain", "localdomain"],
  ["myhostname = mail.example.test\nsyslog_name = ${mydomain?{a}:{b}}/$myorigin", "a/mail.example.test"],
  ["myhostname = mail.example.test\nsyslog_name = $setgid_group", "postdrop"]
]

const ours = (lines: string): string => {
  const configuration = Result.getOrThrow(MainConfiguration.parse(Buffer.from(`${lines}\n`), { file: "main.cf" }))
  const source = PostfixDefaults.makeSource({ table: scacheParameters, configuration })
  return Result.getOrThrow(ParameterSource.read(source, scacheParameters.syslogName))
}

const postconf = async (lines: string): Promise<string> => {
  const directory = mkdtempSync(join(tmpdir(), "scached-defaults-"))
  try {
    for (const [file, text] of [
      ["main.cf", `${lines}\n`],
      ["master.cf", ""]
    ] as const) {
      writeFileSync(join(directory, file), text)
      // Postfix waits for a file that is younger than two seconds.
      utimesSync(join(directory, file), 1, 1)
    }
    const child = Bun.spawn(["/usr/sbin/postconf", "-c", directory, "-xh", "syslog_name"], { stdout: "pipe" })
    return (await new Response(child.stdout).text()).trimEnd()
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe("defaults that values refer to", () => {
  for (const [lines, expected] of cases) test(lines, () => expect(ours(lines)).toBe(expected))

  test.skipIf(!isPostconfAsked)("postconf(1) says the same", async () => {
    const said = await Promise.all(cases.map(([lines]) => postconf(lines)))
    expect(said).toEqual(cases.map(([, expected]) => expected))
  })
})
