import type { Parameter } from "@scached/postfix"

/** A value as it would stand in main.cf. */
export const valueText = ({ kind }: Pick<Parameter.Parameter, "kind">, value: unknown): string => {
  if (typeof value === "boolean") return value ? "yes" : "no"
  return kind === "time" ? `${value}s` : String(value)
}

/** The values of a table's parameters, by their names in main.cf. */
export const settingTexts = (
  table: Readonly<Record<string, Parameter.Parameter>>,
  values: Readonly<Record<string, unknown>>
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(table).map(([key, parameter]) => [parameter.name, valueText(parameter, values[key])])
  )
