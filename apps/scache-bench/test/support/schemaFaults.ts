/** Checks JSON against a JSON schema, as far as the schemas of this program go: what a reader in another language would do. */

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }
type Node = { readonly [key: string]: Json }

const isNode = (value: Json | undefined): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const typeOf = (value: Json): string => {
  if (value === null) return "null"
  return Array.isArray(value) ? "array" : typeof value
}

const nodesOf = (value: Json | undefined): ReadonlyArray<Node> => (Array.isArray(value) ? value.filter(isNode) : [])

/** The keywords that are checked, and those that check nothing; another one would be passed over in silence. */
const known = new Set([
  ..."$ref $defs anyOf allOf oneOf type enum const properties required items additionalProperties patternProperties".split(
    " "
  ),
  ..."minimum maximum exclusiveMinimum minItems maxItems minLength pattern".split(" "),
  ..."$schema title description".split(" ")
])

/** What is wrong with a value, with its place; nothing where it fits. */
export const schemaFaults = (root: Node, value: Json, schema: Node = root, place = "$"): ReadonlyArray<string> => {
  const faults = (node: Json | undefined, each: Json, where: string) =>
    isNode(node) ? schemaFaults(root, each, node, where) : []
  const wrong = (holds: boolean, text: string) => (holds ? [] : [`${place}: ${text}`])
  const found: Array<string> = Object.keys(schema).flatMap((key) =>
    wrong(known.has(key), `keyword ${key} is not known`)
  )
  if (typeof schema["$ref"] === "string") {
    const definitions = root["$defs"]
    const target = isNode(definitions) ? definitions[schema["$ref"].replace("#/$defs/", "")] : undefined
    found.push(...wrong(isNode(target), `${schema["$ref"]} leads nowhere`), ...faults(target, value, place))
  }
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = nodesOf(schema[keyword])
    if (branches.length === 0) continue
    const ways = branches.map((branch) => faults(branch, value, place))
    if (ways.every((way) => way.length > 0))
      found.push(...(ways.toSorted((one, other) => one.length - other.length)[0] ?? []))
  }
  for (const part of nodesOf(schema["allOf"])) found.push(...faults(part, value, place))
  const { type, minimum, maximum, exclusiveMinimum, minItems, maxItems, minLength, pattern } = schema
  if (typeof type === "string") {
    const isRight = type === "integer" ? Number.isInteger(value) : typeOf(value) === type
    found.push(...wrong(isRight, `${typeOf(value)} instead of ${type}`))
  }
  if (Array.isArray(schema["enum"]))
    found.push(...wrong(schema["enum"].includes(value), `${value} is none of the values`))
  if (typeof value === "number") {
    if (typeof minimum === "number") found.push(...wrong(value >= minimum, `${value} is below ${minimum}`))
    if (typeof maximum === "number") found.push(...wrong(value <= maximum, `${value} is above ${maximum}`))
    if (typeof exclusiveMinimum === "number") found.push(...wrong(value > exclusiveMinimum, `${value} is too small`))
  }
  if (typeof value === "string") {
    if (typeof minLength === "number") found.push(...wrong(value.length >= minLength, "too short"))
    if (typeof pattern === "string") found.push(...wrong(new RegExp(pattern).test(value), `not of the form ${pattern}`))
  }
  if (Array.isArray(value)) {
    if (typeof minItems === "number") found.push(...wrong(value.length >= minItems, "too few items"))
    if (typeof maxItems === "number") found.push(...wrong(value.length <= maxItems, "too many items"))
    for (const [index, each] of value.entries()) found.push(...faults(schema["items"], each, `${place}[${index}]`))
  } else if (isNode(value)) {
    const properties = isNode(schema["properties"]) ? schema["properties"] : {}
    const required = Array.isArray(schema["required"]) ? schema["required"] : []
    for (const name of required) found.push(...wrong(Object.hasOwn(value, String(name)), `${name} is missing`))
    for (const [name, each] of Object.entries(value)) {
      found.push(...faults(properties[name] ?? schema["additionalProperties"], each, `${place}.${name}`))
    }
  }
  return found
}

/** The places of a schema whose properties say nothing of themselves. */
export const undescribed = (schema: Json, place = "$"): ReadonlyArray<string> => {
  if (Array.isArray(schema)) return schema.flatMap((each, index) => undescribed(each, `${place}[${index}]`))
  if (!isNode(schema)) return []
  const properties = isNode(schema["properties"]) ? Object.entries(schema["properties"]) : []
  const silent = properties.filter(
    ([, each]) => isNode(each) && each["$ref"] === undefined && each["description"] === undefined
  )
  return [
    ...silent.map(([name]) => `${place}.${name}`),
    ...Object.entries(schema).flatMap(([name, each]) => undescribed(each, `${place}.${name}`))
  ]
}
