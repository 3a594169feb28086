/**
 * Postfix's own defaults for parameters that a connection cache does not read, and that a value in main.cf may refer to: those that scache(8)
 * knows. It takes a reference to any other parameter that main.cf does not set for empty, and so does this module.
 *
 * Some that scache(8) knows are not among them. `mail_version` and `mail_release_date` are in Postfix's programs alone, `mynetworks` depends on
 * the network interfaces, and `alias_database`, `default_database_type` and `meta_directory` on the release of the distribution.
 */
import { Result } from "effect"
import { daemonDefaults } from "./internal/daemonDefaults.ts"
import * as ParameterSource from "./ParameterSource.ts"

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
  const defaults = { ...daemonDefaults, ...options.defaults }
  const hostname = ParameterSource.expandIn(ParameterSource.make({ ...options, defaults }), "$myhostname")
  if (Result.isFailure(hostname)) return ParameterSource.make({ ...options, defaults })
  // A name is no expression: a dollar in it is a dollar.
  const mydomain = domainOf(hostname.success).replaceAll("$", "$$$$")
  return ParameterSource.make({ ...options, defaults: { mydomain, ...defaults } })
}
