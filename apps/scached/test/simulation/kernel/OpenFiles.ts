import { readdirSync, readlinkSync } from "node:fs"

/** How many descriptors of this process there are of each open file: a socket by its inode, anything else by what it is. */
export type OpenFiles = ReadonlyMap<string, number>

const linkOf = (number: string): string | undefined => {
  try {
    return readlinkSync(`/proc/self/fd/${number}`)
  } catch {
    // That of the directory which is being read, gone by now.
    return undefined
  }
}

/** All that this process has open at this moment. */
export const openFiles = (): OpenFiles => {
  const found = new Map<string, number>()
  for (const number of readdirSync("/proc/self/fd")) {
    const link = linkOf(number)
    if (link !== undefined) found.set(link, (found.get(link) ?? 0) + 1)
  }
  return found
}

/** What is open and not known, and what is known and not open: the second with a minus. Empty where they agree. */
export const difference = (open: OpenFiles, known: OpenFiles): OpenFiles => {
  const result = new Map(open)
  for (const [file, count] of known) result.set(file, (result.get(file) ?? 0) - count)
  for (const [file, count] of result) if (count === 0) result.delete(file)
  return result
}
