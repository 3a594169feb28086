/**
 * Reading main.cf: the one place of this package that touches the file system, behind a service.
 */

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Context, Effect, Layer, Schema } from "effect"
import * as MainConfiguration from "./MainConfiguration.ts"

/**
 * main.cf could not be read.
 *
 * @category errors
 */
export class ConfigurationUnreadable extends Schema.TaggedError<ConfigurationUnreadable>()("ConfigurationUnreadable", {
  file: Schema.String,
  operation: Schema.Literals(["open"]),
  /** The error's name, for instance `ENOENT`. */
  errno: Schema.String
}) {
  override get message(): string {
    return `${this.operation} ${this.file}: ${this.errno}: is MAIL_CONFIG the directory of main.cf, and may this user read it?`
  }
}

const errnoOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : String(cause)

/**
 * Gives the bytes of a file.
 *
 * @category services
 */
export class ConfigurationFile extends Context.Service<
  ConfigurationFile,
  {
    readonly read: (path: string) => Effect.Effect<Uint8Array, ConfigurationUnreadable>
  }
>()("@scached/postfix/ConfigurationFile") {
  /** The machine's files. */
  static readonly layer = Layer.succeed(ConfigurationFile, {
    read: (path) =>
      Effect.tryPromise({
        try: () => readFile(path),
        catch: (cause) => new ConfigurationUnreadable({ file: path, operation: "open", errno: errnoOf(cause) })
      })
  })
}

/**
 * Reads and parses `main.cf` in a configuration directory.
 *
 * @category reading
 */
export const load: (
  directory: string
) => Effect.Effect<
  MainConfiguration.MainConfiguration,
  ConfigurationUnreadable | MainConfiguration.SettingMalformed,
  ConfigurationFile
> = Effect.fnUntraced(function* (directory: string) {
  const files = yield* ConfigurationFile
  const file = join(directory, "main.cf")
  return yield* Effect.fromResult(MainConfiguration.parse(yield* files.read(file), { file }))
})
