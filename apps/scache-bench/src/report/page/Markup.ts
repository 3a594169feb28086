import { visible } from "../TextTable.ts"

/** HTML that is safe to stand in a page: everything else is escaped before it gets there. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a template. */
export type Insertable = string | number | Markup | ReadonlyArray<Markup>

/** A text in which nothing is markup, in an element and in a quoted attribute alike. */
export const escapeText = (text: string): string => Bun.escapeHTML(visible(text))

const insert = (value: Insertable): string => {
  if (value instanceof Markup) return value.text
  if (typeof value === "string") return escapeText(value)
  return typeof value === "number" ? String(value) : value.map((each) => each.text).join("")
}

/** A template whose inserted texts are escaped, unless they are markup already. */
export const html = (parts: TemplateStringsArray, ...values: ReadonlyArray<Insertable>): Markup =>
  new Markup(parts.map((part, index) => (index === 0 ? "" : insert(values[index - 1] ?? "")) + part).join(""))

/** Nothing. */
export const nothing = new Markup("")

/** A value for a script to read: no `<` is left that could end the script's element. */
export const jsonForScript = (value: unknown): Markup =>
  new Markup(
    JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")
  )
