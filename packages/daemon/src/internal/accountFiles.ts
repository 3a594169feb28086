/** How /etc/passwd and /etc/group are written: lines of fields between colons. */

const idPattern = /^\d{1,10}$/
const idMax = 0xffff_fffe

/** A user or group number; undefined for what is none. */
export const idOf = (text: string | undefined): number | undefined => {
  if (text === undefined || !idPattern.test(text)) return undefined
  const id = Number(text)
  return id <= idMax ? id : undefined
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8")

export const linesOf = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  text.split("\n").map((line) => line.split(":"))
