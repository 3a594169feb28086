import { domainToASCII, domainToUnicode } from "node:url"

const ascii = /^[\0-\x7f]*$/
const dots = /[.\u3002\uff0e\uff61]/
/** What Postfix takes for a host name: no label is empty, or begins or ends with a hyphen, and not all of it is numeric. */
const hostLabel = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/
const numeric = /^[0-9.]+$/

const isHostName = (domain: string): boolean =>
  !numeric.test(domain) && domain.split(".").every((label) => hostLabel.test(label))

/** An empty label, or a hyphen at the end of one. */
const isBadLabel = (label: string): boolean => label === "" || label.startsWith("-") || label.endsWith("-")

/** What the runtime calls an invalid domain is empty. */
const orUndefined = (domain: string): string | undefined => (domain === "" ? undefined : domain)

/**
 * The functions that Postfix 3.11 has within `${...}`. They return undefined for what is no domain. `domain_to_ascii` returns a text in ASCII as it
 * is, whatever it holds; `domain_to_utf8` returns a text that is not in ASCII as it is, and an empty one, and wants a host name otherwise.
 */
export const domainFunctions: Readonly<Record<string, (domain: string) => string | undefined>> = {
  domain_to_ascii: (domain) => {
    if (ascii.test(domain)) return orUndefined(domain)
    return domain.split(dots).some(isBadLabel) ? undefined : orUndefined(domainToASCII(domain))
  },
  domain_to_utf8: (domain) => {
    if (domain === "" || !ascii.test(domain)) return domain
    return isHostName(domain) ? orUndefined(domainToUnicode(domain)) : undefined
  }
}
