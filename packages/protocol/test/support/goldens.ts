import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"

const Message = Schema.Struct({
  from: Schema.Literals(["client", "server"]),
  bytes: Schema.String.check(Schema.isPattern(/^([0-9a-f]{2})+$/)),
  descriptor: Schema.optionalKey(Schema.Literal(true))
})

/** One captured exchange. Bytes are in hexadecimal; a message with `descriptor` carried one. */
const Golden = Schema.Struct({
  name: Schema.String,
  source: Schema.String,
  exchange: Schema.Array(Message)
})

export type Golden = typeof Golden.Type
export type Message = typeof Message.Type

const directory = join(import.meta.dir, "..", "goldens")

export const goldens: ReadonlyArray<Golden> = readdirSync(directory)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => Schema.decodeUnknownSync(Schema.fromJsonString(Golden))(readFileSync(join(directory, name), "utf8")))

export const bytesOf = (message: Message): Uint8Array => new Uint8Array(Buffer.from(message.bytes, "hex"))

/** A message as the driver notes it: text with `|` for NUL, `<D>` for the byte that carries a descriptor. */
export const noteOf = (message: Message): string =>
  message.descriptor ? "<D>" : Buffer.from(bytesOf(message)).toString("latin1").replaceAll("\0", "|")
