/**
 * The JSON of the programs that look into a cache: its schemas, and the values that go into it.
 */
import { type CacheEntry, type CacheEvent, CacheStatus, OctetString } from "@scached/protocol"
import { Schema } from "effect"
import { printableJson } from "../log/printable.ts"

const Client = Schema.Struct({ pid: Schema.Number, uid: Schema.Number })

/** Labels are read as UTF-8; what is none becomes U+FFFD. One of more than 512 octets is cut, and its size tells how many there were. */
const Label = Schema.Struct({ text: Schema.String, octets: Schema.Number })

/** What `scached status --json` prints: one object. */
export const StatusJson = CacheStatus.CacheStatus

/** What `scached list --json` prints: one object a line, for each connection and each binding. */
export const EntryJson = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("connection"),
    label: Label,
    propertiesBytes: Schema.Number,
    ageMillis: Schema.Number,
    remainingMillis: Schema.Number,
    /** How often it was reused; left out where that is not known. */
    uses: Schema.optionalKey(Schema.Number),
    savedBy: Schema.optionalKey(Client)
  }),
  Schema.Struct({
    kind: Schema.Literal("binding"),
    label: Label,
    endpoint: Label,
    propertiesBytes: Schema.Number,
    ageMillis: Schema.Number,
    remainingMillis: Schema.Number
  })
])

/** What `scached watch --json` prints: one object a line, for each event. What an event does not tell is left out. */
export const EventJson = Schema.Struct({
  event: Schema.String,
  /** ISO 8601, UTC. */
  time: Schema.String,
  label: Schema.optionalKey(Label),
  destination: Schema.optionalKey(Label),
  reason: Schema.optionalKey(Schema.String),
  ageMillis: Schema.optionalKey(Schema.Number),
  client: Schema.optionalKey(Client),
  lost: Schema.optionalKey(Schema.Number)
})

/** What `scached check --json` prints: one object. */
export const CheckJson = Schema.Struct({
  directory: Schema.String,
  settings: Schema.Array(
    Schema.Struct({ name: Schema.String, value: Schema.String, origin: Schema.String, isDefault: Schema.Boolean })
  ),
  limits: Schema.Record(Schema.String, Schema.Number),
  remarks: Schema.Array(Schema.String)
})

/** By the program that prints each. */
const schemas = { status: StatusJson, list: EntryJson, watch: EventJson, check: CheckJson }

/** The JSON schemas of all programs, draft 2020-12: `$defs` has one for each. */
export const jsonSchemas = (): string => {
  const documents = Object.entries(schemas).map(([name, schema]) => {
    const { definitions, schema: own } = Schema.toJsonSchemaDocument(schema)
    return [name, { ...own, ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }) }] as const
  })
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "What scached status, list, watch and check print with --json",
    $defs: Object.fromEntries(documents)
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Octets as the text that people meant by them. */
export const textOf = (octets: OctetString.OctetString): string => new TextDecoder().decode(OctetString.toBytes(octets))

const labelOf = ({ octets, octetsTotal }: CacheEntry.ListedLabel): typeof Label.Type => ({
  text: textOf(octets),
  octets: octetsTotal
})

const clientOf = ({ processId, userId }: CacheEntry.Saver): typeof Client.Type => ({ pid: processId, uid: userId })

export const entryJson = (entry: CacheEntry.CacheEntry): typeof EntryJson.Type => {
  const { ageMillis, propertiesBytes, remainingMillis } = entry
  const common = { label: labelOf(entry.label), propertiesBytes, ageMillis, remainingMillis }
  if (entry._tag === "BindingEntry") return { kind: "binding", ...common, endpoint: labelOf(entry.endpointLabel) }
  return {
    kind: "connection",
    ...common,
    ...(entry.uses === undefined ? {} : { uses: entry.uses }),
    ...(entry.savedBy === undefined ? {} : { savedBy: clientOf(entry.savedBy) })
  }
}

export const eventJson = (event: CacheEvent.CacheEvent): typeof EventJson.Type => ({
  event: event.kind,
  time: new Date(event.atMillis).toISOString(),
  ...(event.label === undefined ? {} : { label: labelOf(event.label) }),
  ...(event.destination === undefined ? {} : { destination: labelOf(event.destination) }),
  ...(event.reason === undefined ? {} : { reason: event.reason }),
  ...(event.ageMillis === undefined ? {} : { ageMillis: event.ageMillis }),
  ...(event.client === undefined ? {} : { client: clientOf(event.client) }),
  ...(event.lost === undefined ? {} : { lost: event.lost })
})

/** A value on a line, in which nothing can move a terminal's cursor. */
export const jsonLine = (value: unknown): string => `${printableJson(JSON.stringify(value))}\n`
