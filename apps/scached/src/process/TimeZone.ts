import { readlinkSync } from "node:fs"

/** The name of a zone in the target of the link /etc/localtime: `/usr/share/zoneinfo/Europe/Berlin`. */
const zonePattern = /\/zoneinfo\/(?:posix\/)?(.+)$/

/** The name in a link's target, undefined when it has none. */
export const zoneOfLink = (target: string): string | undefined => zonePattern.exec(target)?.[1]

/**
 * Makes sure that the log's times are local also below another root.
 *
 * Bun looks for the system's time zone when it first needs a local time, in files that are out of reach then; what is logged would
 * go on in UTC. With TZ set it needs no file, since it brings all zones along. Where /etc/localtime is no link, the first local time
 * is asked for now, which takes 6 ms: that is why TZ comes first.
 */
export const keep = (environment: Record<string, string | undefined>): void => {
  if (environment["TZ"] !== undefined) return
  let zone: string | undefined
  try {
    zone = zoneOfLink(readlinkSync("/etc/localtime"))
  } catch {
    // A copied file, or none.
  }
  if (zone === undefined) new Date(0).getHours()
  else environment["TZ"] = zone
}
