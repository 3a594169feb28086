import { compare } from "../ByteText.ts"

/** What an operator makes of an order: negative, 0 or positive. */
export const operators: ReadonlyMap<string, (order: number) => boolean> = new Map([
  ["==", (order) => order === 0],
  ["!=", (order) => order !== 0],
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0]
])

/** An order, or the operand that has none. */
export type Order = number | { readonly bad: string }

const greatestNumber = 9_223_372_036_854_775_807n

const numberOf = (digits: string): bigint | undefined => {
  const significant = digits.replace(/^0+/, "")
  const number = significant.length > 19 ? greatestNumber + 1n : BigInt(significant)
  return number > greatestNumber ? undefined : number
}

/** As numbers where both are digits alone, else byte by byte; digits beyond 64 bits have no order. */
export const orderOfTexts = (left: string, right: string): Order => {
  if (!/^[0-9]+$/.test(left) || !/^[0-9]+$/.test(right)) return compare(left, right)
  const first = numberOf(left)
  const second = numberOf(right)
  if (first === undefined) return { bad: left }
  if (second === undefined) return { bad: right }
  return first < second ? -1 : first > second ? 1 : 0
}

/** Postfix keeps the parts behind the first dot in 10 bits each. */
const minorMax = 1_023

const levelOf = (text: string): ReadonlyArray<number> | undefined => {
  const match = /^\+?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?$/.exec(text)
  if (match === null) return undefined
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map((part) => Number(part ?? "0"))
  return minor > minorMax || patch > minorMax ? undefined : [major, minor, patch]
}

/** As compatibility levels, `3.6` or `3.6.1`: part by part, a missing part is 0. */
export const orderOfLevels = (left: string, right: string): Order => {
  const first = levelOf(left)
  const second = levelOf(right)
  if (first === undefined) return { bad: left }
  if (second === undefined) return { bad: right }
  for (const [index, part] of first.entries()) {
    const difference = part - (second[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
