/**
 * A certificate for a mail server of the laboratory.
 *
 * @category tls
 */
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import type { LabFailure } from "./LabFailure.ts"
import * as LabProcess from "./LabProcess.ts"
import { PostfixTools } from "./PostfixTools.ts"
import * as TempDirectory from "./TempDirectory.ts"

/**
 * Where a certificate and its key are.
 *
 * @category tls
 */
export interface Certificate {
  readonly certificatePath: string
  readonly keyPath: string
}

const makeMillisMax = 10_000

/**
 * Makes a certificate that nobody but itself has signed, and that is gone with the scope.
 *
 * An elliptic curve: its key is made in 10 ms, one of RSA now and then takes seconds.
 *
 * @category tls
 */
export const make: Effect.Effect<Certificate, LabFailure, PostfixTools | SystemCalls | Scope.Scope> = Effect.gen(
  function* () {
    const { paths } = yield* PostfixTools
    const directory = yield* TempDirectory.make
    const [certificatePath, keyPath] = [join(directory, "certificate.pem"), join(directory, "key.pem")]
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyPath]
    const identity = ["-x509", "-days", "2", "-subj", "/CN=lab.example.test", "-out", certificatePath]
    yield* LabProcess.run([paths.openssl, "req", ...key, ...identity], { timeoutMillis: makeMillisMax })
    return { certificatePath, keyPath }
  }
)
