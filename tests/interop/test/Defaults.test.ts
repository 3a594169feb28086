/** What a reference to a parameter is that main.cf does not set: for each parameter of Postfix, as scache(8) has it. */
import { expect } from "bun:test"
import { MainConfiguration, ParameterSource, PostfixDefaults, scacheParameters } from "@scached/postfix"
import { Effect, Result } from "effect"
import * as ConfigurationFile from "../src/ConfigurationFile.ts"
import * as DaemonDefaults from "../src/DaemonDefaults.ts"
import { isAtLeast } from "../src/PostfixRelease.ts"
import { labTest } from "./labTest.ts"

/** What the program tells of itself, the directories of this test, and what scache(8) has not read yet when it answers. */
const facts = [
  "connection_cache_status_update_time",
  "process_id",
  "process_name",
  "service_name",
  "config_directory",
  "queue_directory",
  "data_directory"
]
/** What no file tells, or the distribution chooses; packages/postfix says so. */
const unknown = [
  "mail_version",
  "mail_release_date",
  "mynetworks",
  "alias_database",
  "default_database_type",
  "meta_directory"
]
const added = " XDG_RUNTIME_DIR"

const ours = (settings: Readonly<Record<string, string>>) => {
  const text = ConfigurationFile.settings(settings).join("\n")
  const configuration = Result.getOrThrow(MainConfiguration.parse(Buffer.from(`${text}\n`), { file: "main.cf" }))
  const source = PostfixDefaults.makeSource({ table: scacheParameters, configuration })
  return (name: string): string => Result.getOrThrow(ParameterSource.expandIn(source, `$${name}`))
}

for (const settings of [
  { compatibility_level: "2", maillog_file: "", myhostname: "mail.example.test" },
  { compatibility_level: "0", maillog_file: "", myhostname: "mail" },
  { maillog_file: "", myhostname: "mail.example.test", mydomain: "other.test", multi_instance_name: "postfix-out" }
]) {
  labTest(`with ${JSON.stringify(settings)}`, {}, () =>
    Effect.gen(function* () {
      const known = yield* DaemonDefaults.ask(settings)
      const expansionOf = ours(settings)
      const compared = known.filter(({ name }) => !facts.includes(name) && !unknown.includes(name))
      const expected = compared.map(({ expanded, name }) => {
        const isEarlier = name === "import_environment" && !isAtLeast(3, 11)
        return [name, isEarlier ? `${expanded}${added}` : expanded]
      })
      expect(compared.map(({ name }) => [name, expansionOf(name)])).toEqual(expected)
      expect(expected.filter(([, value]) => value !== "").length).toBeGreaterThan(90)
    })
  )
}
