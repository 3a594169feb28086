import type { ListedLabel } from "../CacheEntry.ts"

/** A label with its attribute's name, and with its size where it was cut. */
export const labelText = (name: string, { octets, octetsTotal }: ListedLabel): string =>
  octetsTotal === octets.length ? `${name}\0${octets}\0` : `${name}\0${octets}\0${name}_size\0${octetsTotal}\0`

/** Decimal digits that a number holds without loss. */
export const numberOf = (value: string | undefined): number | undefined =>
  value !== undefined && /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined
