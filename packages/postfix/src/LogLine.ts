/**
 * A line of the log as Postfix's programs write it: `postfix/scache[1234]: warning: text`, and the two kinds of datagrams that carry
 * it: to syslog through `/dev/log`, and to postlogd(8) through its socket. Dates are taken in local time.
 */
import * as ByteText from "./ByteText.ts"
import { timestamp } from "./internal/timestamp.ts"
import { numberOfFacility, type SyslogFacility } from "./SyslogFacility.ts"

/**
 * How bad it is. The word stands before the text, but for `info`.
 *
 * @category models
 */
export type Severity = "info" | "warning" | "error" | "fatal" | "panic"

/** The numbers of syslog(3); for it, a panic is no worse than a fatal error. */
const numberOfSeverity = { info: 6, warning: 4, error: 3, fatal: 2, panic: 2 } as const

/**
 * What is logged, and by whom.
 *
 * @category models
 */
export interface LogLine {
  readonly severity: Severity
  readonly text: string
  /** `syslog_name/process_name`, see `programTag`. */
  readonly tag: string
  readonly processId: number
  readonly date: Date
  /** Without it, every byte outside ASCII becomes `?`, as Postfix does with smtputf8_enable = no. It is true unless told otherwise. */
  readonly isUtf8?: boolean
}

/**
 * How many bytes of text a line holds; the rest is cut off.
 *
 * @category constants
 */
export const textBytesMax = 2_000

/**
 * The name that a program's lines begin with: `postfix/scache`.
 *
 * @category formatting
 */
export const programTag = (syslogName: string, processName: string): string => `${syslogName}/${processName}`

const cut = (text: string, bytesMax: number): string => {
  // No UTF-16 unit takes more than 3 bytes.
  if (text.length * 3 <= bytesMax) return text
  const bytes = ByteText.encode(text)
  if (bytes.length <= bytesMax) return text
  let end = bytesMax
  // Not in the middle of a character: those are its later bytes.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return ByteText.decode(bytes.subarray(0, end))
}

/**
 * Text that is safe in a log: control bytes, and bytes that are not UTF-8, become `?` each.
 *
 * @category formatting
 */
export const printable = (text: string, isUtf8 = true): string =>
  isUtf8
    ? text.replace(/[\x00-\x1f\x7f\udc80-\udcff]/gu, "?")
    : text.replace(/[\x00-\x1f\x7f]|[^\x00-\x7f]/gu, (character) => "?".repeat(ByteText.byteLength(character)))

/**
 * A line's text with the word for its severity, printable and at most 2000 bytes long without that word.
 *
 * @category formatting
 */
export const message = (line: Pick<LogLine, "severity" | "text" | "isUtf8">): string => {
  const text = cut(printable(line.text, line.isUtf8), textBytesMax)
  return line.severity === "info" ? text : `${line.severity}: ${text}`
}

const body = (line: LogLine): string => `${printable(line.tag, line.isUtf8)}[${line.processId}]: ${message(line)}`

/**
 * What `-V` writes to standard error: `postfix/scache: fatal: text` and a line end.
 *
 * @category formatting
 */
export const standardErrorLine = (line: Pick<LogLine, "severity" | "text" | "tag" | "isUtf8">): string =>
  `${printable(line.tag, line.isUtf8)}: ${message(line)}\n`

/**
 * The bytes of a datagram to `/dev/log`, as syslog(3) of the GNU C library writes them: `<22>Nov  5 10:28:53 postfix/scache[1]: text`.
 *
 * @category encoding
 */
export const syslogDatagram = (line: LogLine, facility: SyslogFacility): Uint8Array => {
  const priority = numberOfFacility[facility] * 8 + numberOfSeverity[line.severity]
  return ByteText.encode(`<${priority}>${timestamp(line.date, " ")} ${body(line)}`)
}

/** The name of a host whose name is not known yet. */
const unknownHostname = "amnesiac"

/**
 * The bytes of a datagram to postlogd(8), which writes them to its file as they are: `Nov 05 10:28:53 host postfix/scache[1]: text`. Of the
 * host's name the first label counts; a day below 10 has a zero before it.
 *
 * @category encoding
 */
export const postlogDatagram = (line: LogLine, hostname: string | undefined): Uint8Array => {
  const [label = ""] = (hostname ?? "").split(".")
  const host = printable(label === "" ? unknownHostname : label, line.isUtf8)
  return ByteText.encode(`${timestamp(line.date, "0")} ${host} ${body(line)}`)
}
