/**
 * Postfix's configuration files.
 *
 * @category postfix
 */
import { utimesSync, writeFileSync } from "node:fs"

const longAgoSeconds = 946_684_800

/**
 * Writes the lines with a modification time in the past. Every Postfix program that finds a file less than two seconds old takes
 * it for half-written and waits.
 *
 * @category postfix
 */
export const write = (path: string, lines: ReadonlyArray<string>): void => {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""))
  utimesSync(path, longAgoSeconds, longAgoSeconds)
}

/**
 * The lines of main.cf for these settings.
 *
 * @category postfix
 */
export const settings = (values: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.entries(values).map(([name, value]) => `${name} = ${value}`)
