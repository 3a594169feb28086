import { readdirSync, readFileSync } from "node:fs"

const isOf = (pid: string, configuration: string): boolean => {
  try {
    if (readFileSync(`/proc/${pid}/comm`, "latin1") !== "smtp\n") return false
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`MAIL_CONFIG=${configuration}`)
  } catch {
    // Gone meanwhile.
    return false
  }
}

/** How many delivery processes a Postfix has, of those that may be clients of a cache: each is one client at most. */
export const countDeliveryProcesses = (configuration: string): number =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isOf(name, configuration)).length
