/** In what the earlier releases of Postfix differ from 3.11, whose defaults and expressions this package knows. */
import { isPostconfAsked } from "./postconf.ts"

/** Whether the Postfix that is installed here is at least this one. */
export const isAtLeast = (major: number, minor: number): boolean => {
  if (!isPostconfAsked) return true
  const { stdout } = Bun.spawnSync(["/usr/sbin/postconf", "-dh", "mail_version"])
  const [, foundMajor = "0", foundMinor = "0"] = /^(\d+)\.(\d+)/.exec(stdout.toString()) ?? []
  return Number(foundMajor) * 1000 + Number(foundMinor) >= major * 1000 + minor
}

/** A default as the installed release has it. */
export const defaultHere = (value: string): string => {
  const known = isAtLeast(3, 11) ? value : value.replace(" XDG_RUNTIME_DIR", "")
  return isAtLeast(3, 6) ? known : known.replace("<level", "<")
}

/** Whether the installed release understands a value: 3.5 compares no levels. */
export const isUnderstoodHere = (value: string): boolean => isAtLeast(3, 6) || !/[<>=!]=?level\b/.test(value)
