import { domainToASCII, domainToUnicode } from "node:url"

const ascii = /^[\0-\x7f]*$/
const aceLabel = /(?:^|\.)xn--/i

const hasEmptyLabel = (domain: string): boolean => domain.split(/[.\u3002\uff0e\uff61]/).includes("")

/** What the runtime calls an invalid domain is empty. */
const orUndefined = (domain: string): string | undefined => (domain === "" ? undefined : domain)

/**
 * The functions that Postfix 3.11 has within `${...}`. They return undefined for what is no domain. A text in ASCII goes through
 * `domain_to_ascii` as it is, whatever it holds, and so does a text without a label in ASCII-compatible encoding through `domain_to_utf8`.
 */
export const domainFunctions: Readonly<Record<string, (domain: string) => string | undefined>> = {
  domain_to_ascii: (domain) => {
    if (ascii.test(domain)) return orUndefined(domain)
    return hasEmptyLabel(domain) ? undefined : orUndefined(domainToASCII(domain))
  },
  domain_to_utf8: (domain) => {
    if (!aceLabel.test(domain)) return orUndefined(domain)
    return hasEmptyLabel(domain) ? undefined : orUndefined(domainToUnicode(domain))
  }
}
