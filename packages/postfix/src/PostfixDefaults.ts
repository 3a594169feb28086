/**
 * Postfix's own defaults for parameters that no table of a program has, and that a value in main.cf may refer to.
 *
 * `mail_version` and `mail_release_date` are not among them: Postfix has them in its programs alone, so a reference to them stays empty.
 */
import { Result } from "effect"
import * as ParameterSource from "./ParameterSource.ts"

/**
 * The defaults that do not depend on the machine, alike in Postfix 3.5 to 3.11.
 *
 * @category constants
 */
export const fixedDefaults = { mail_name: "Postfix", myorigin: "$myhostname", setgid_group: "postdrop" } as const

/** `mydomain` of a host without a domain. */
const domainOfNone = "localdomain"

const domainOf = (hostname: string): string => {
  const dot = hostname.indexOf(".")
  return dot < 0 ? domainOfNone : hostname.slice(dot + 1)
}

/**
 * A source that knows Postfix's defaults as well. The default of `mydomain` is what follows the first dot of `myhostname`, or `localdomain`.
 *
 * @category constructors
 */
export const makeSource = (options: ParameterSource.ParameterSourceOptions): ParameterSource.ParameterSource => {
  const defaults = { ...fixedDefaults, ...options.defaults }
  const hostname = ParameterSource.expandIn(ParameterSource.make({ ...options, defaults }), "$myhostname")
  if (Result.isFailure(hostname)) return ParameterSource.make({ ...options, defaults })
  // A name is no expression: a dollar in it is a dollar.
  const mydomain = domainOf(hostname.success).replaceAll("$", "$$$$")
  return ParameterSource.make({ ...options, defaults: { mydomain, ...defaults } })
}
