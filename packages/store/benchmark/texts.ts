export const LABEL_OCTETS = 60
export const PROPERTIES_OCTETS = 100
export const TTL_MILLIS = 1_000_000_000

const bytes = Buffer.alloc(PROPERTIES_OCTETS)

/** Flat and of its own memory, as the protocol's decoder makes them. */
const textOf = (prefix: string, id: number, octets: number): string => {
  bytes.fill("x")
  bytes.write(`${prefix} ${id} `, "latin1")
  return bytes.toString("latin1", 0, octets)
}

export const labelOf = (id: number): string => textOf("smtp", id, LABEL_OCTETS)

export const missingLabelOf = (id: number): string => textOf("miss", id, LABEL_OCTETS)

export const otherLabelOf = (id: number): string => textOf("else", id, LABEL_OCTETS)

export const propertiesOf = (id: number): string => textOf("properties", id, PROPERTIES_OCTETS)
