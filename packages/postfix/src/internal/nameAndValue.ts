import { isSpace, skipSpace, trimSpace } from "./characters.ts"

/** What `name = value` can lack. */
export type NameAndValueFault = "name" | "equals sign"

/** `name = value`, or what is missing in it. */
export type NameAndValue =
  | { readonly name: string; readonly value: string; readonly missing?: undefined }
  | { readonly missing: NameAndValueFault }

/** Splits `name = value`. A name ends at white space or `=`; the value loses the white space around it. */
export const splitNameAndValue = (text: string): NameAndValue => {
  const begin = skipSpace(text, 0)
  let end = begin
  while (end < text.length && text[end] !== "=" && !isSpace(text[end])) end++
  if (end === begin) return { missing: "name" }
  const equals = skipSpace(text, end)
  if (text[equals] !== "=") return { missing: "equals sign" }
  return { name: text.slice(begin, end), value: trimSpace(text.slice(equals + 1)) }
}
