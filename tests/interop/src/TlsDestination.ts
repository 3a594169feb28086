/**
 * A Postfix that insists on TLS and throws away the mail that it accepts.
 *
 * @category mail
 */
import { Effect } from "effect"
import * as Certificate from "./Certificate.ts"
import * as PrivatePostfix from "./PrivatePostfix.ts"

/**
 * Starts the destination; it accepts mail at its address, and is stopped with the scope.
 *
 * @category mail
 */
export const start = Effect.gen(function* () {
  const certificate = yield* Certificate.make
  return yield* PrivatePostfix.start({
    cache: "scache",
    settings: {
      smtpd_tls_security_level: "encrypt",
      smtpd_tls_cert_file: certificate.certificatePath,
      smtpd_tls_key_file: certificate.keyPath,
      default_transport: "discard:swallowed",
      relayhost: ""
    }
  })
})
