import { closeSync, openSync, readSync } from "node:fs"
import { LocalTime } from "@scached/postfix"

/** Compiled zones have some 4 KiB at most. */
const zoneBytesMax = 65_536

/** The beginning of a file; undefined where it cannot be read. */
const readFile = (path: string): Uint8Array | undefined => {
  try {
    const number = openSync(path, "r")
    try {
      const bytes = new Uint8Array(zoneBytesMax)
      return bytes.subarray(0, readSync(number, bytes))
    } finally {
      closeSync(number)
    }
  } catch {
    return undefined
  }
}

/**
 * Makes the zone of TZ, or else of /etc/localtime, that of this process: to be called before the root directory is changed, since its file is
 * out of reach then. The runtime looks for a zone when it first needs a local time, and knows zones by their names alone.
 */
export const keep = (environment: Readonly<Record<string, string | undefined>>): void => {
  // Bun has an empty TZ as undefined, and its name is there all the same.
  const value = "TZ" in environment ? (environment["TZ"] ?? "") : undefined
  LocalTime.use(LocalTime.resolve(value, readFile))
}
