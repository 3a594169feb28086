/**
 * How a line of the log looks: for people, or for machines.
 */
import { LocalTime } from "@scached/postfix"
import type { LogLevel } from "effect"
import { printable, printableJson } from "./printable.ts"

/** The forms that `--log-format` takes. */
export type LogFormat = "text" | "json"

/** How bad it is, in Postfix's words. */
export type Severity = "info" | "warning" | "error" | "fatal"

/** Something to log. */
export interface LogEntry {
  readonly date: Date
  readonly severity: Severity
  readonly message: string
  /** Where an internal error comes from: several lines. */
  readonly cause?: string | undefined
  /** What a machine may want without reading the message. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** The severity of what was logged at one of Effect's levels. */
export const severityOf = (level: LogLevel.LogLevel): Severity => {
  switch (level) {
    case "Warn":
      return "warning"
    case "Error":
      return "error"
    case "Fatal":
      return "fatal"
    default:
      return "info"
  }
}

const two = (number: number): string => String(number).padStart(2, "0")

/** `2026-11-05 09:03:04.120`, in local time. */
const localTime = (date: Date): string => {
  const local = LocalTime.shifted(date)
  return (
    `${local.getUTCFullYear()}-${two(local.getUTCMonth() + 1)}-${two(local.getUTCDate())} ` +
    `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}.` +
    String(local.getUTCMilliseconds()).padStart(3, "0")
  )
}

const dim = "\x1b[2m"
const plain = "\x1b[0m"
const colours: Readonly<Record<Severity, string>> = {
  info: "",
  warning: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[1;31m"
}

/** A line for people, with the lines of a cause indented below it; nothing in it can look like a separate line. */
export const text = ({ cause, date, message, severity }: LogEntry, isColoured: boolean): string => {
  const word = severity === "info" ? "" : `${severity}: `
  const below = cause === undefined ? [] : cause.split("\n").map((line) => `    ${printable(line).trimStart()}\n`)
  const what = `${word}${printable(message)}`
  const head = isColoured
    ? `${dim}${localTime(date)}${plain} scached: ${colours[severity]}${what}${severity === "info" ? "" : plain}`
    : `${localTime(date)} scached: ${what}`
  return `${head}\n${below.join("")}`
}

/** One JSON object on a line: `time` (ISO 8601, UTC), `level`, `message`, then the fields, and `cause` where there is one. */
export const json = ({ cause, date, fields, message, severity }: LogEntry): string => {
  const object = {
    ...fields,
    time: date.toISOString(),
    level: severity,
    message,
    ...(cause === undefined ? {} : { cause })
  }
  const { time, level, message: said, ...rest } = object
  return `${printableJson(JSON.stringify({ time, level, message: said, ...rest }))}\n`
}

/** The line in the form that was asked for. */
export const line = (entry: LogEntry, format: LogFormat, isColoured: boolean): string =>
  format === "json" ? json(entry) : text(entry, isColoured)
