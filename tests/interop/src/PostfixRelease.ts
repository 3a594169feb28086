/**
 * Which release of Postfix is installed here, and what that changes for the laboratory.
 *
 * @category postfix
 */
import { postfixPaths } from "./PostfixTools.ts"

/**
 * The first two numbers of Postfix's version.
 *
 * @category postfix
 */
export interface PostfixRelease {
  readonly major: number
  readonly minor: number
}

let known: PostfixRelease | undefined

/**
 * The release of the installed Postfix; 0.0 where there is none.
 *
 * @category postfix
 */
export const installed = (): PostfixRelease => {
  if (known === undefined) {
    const found = Bun.which(postfixPaths.postconf) === null ? "" : askPostconf()
    const [, major = "0", minor = "0"] = /^(\d+)\.(\d+)/.exec(found) ?? []
    known = { major: Number(major), minor: Number(minor) }
  }
  return known
}

const askPostconf = (): string =>
  Bun.spawnSync([postfixPaths.postconf, "-dh", "mail_version"], { stderr: "ignore" }).stdout.toString()

/**
 * Whether the installed Postfix is at least this release.
 *
 * @category postfix
 */
export const isAtLeast = (major: number, minor: number): boolean => {
  const release = installed()
  return release.major > major || (release.major === major && release.minor >= minor)
}
