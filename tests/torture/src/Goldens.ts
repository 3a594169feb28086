/** What real clients and servers of the protocol said, to be mutated: the goldens of packages/protocol. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"

const directory = join(import.meta.dir, "../../../packages/protocol/test/goldens")

const Golden = Schema.fromJsonString(
  Schema.Struct({
    exchange: Schema.Array(
      Schema.Struct({
        from: Schema.Literals(["client", "server"]),
        bytes: Schema.String,
        descriptor: Schema.optionalKey(Schema.Literal(true))
      })
    )
  })
)

const messages = readdirSync(directory)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .flatMap((name) => Schema.decodeUnknownSync(Golden)(readFileSync(join(directory, name), "utf8")).exchange)
  .filter(({ descriptor }) => descriptor !== true)

const textOf = (hex: string): string => Buffer.from(hex, "hex").toString("latin1")
const distinct = (from: "client" | "server"): ReadonlyArray<string> => [
  ...new Set(messages.filter((each) => each.from === from).map(({ bytes }) => textOf(bytes)))
]

/** Distinct messages of clients, one character a byte. */
export const clientMessages = distinct("client")

/** Distinct messages of servers, one character a byte. */
export const serverMessages = distinct("server")
