import { existsSync } from "node:fs"
import { SystemCalls } from "@scached/fdpass"
import { Context, Effect, Layer, Schema } from "effect"
import { isExecutable } from "./isExecutable.ts"
import type { LabFailure } from "./LabFailure.ts"
import * as LabProcess from "./LabProcess.ts"

/**
 * Where Debian's packages put what the laboratory uses: Postfix, and openssl(1) for the certificates of its servers.
 *
 * @category postfix
 */
export const postfixPaths = {
  daemonDirectory: "/usr/lib/postfix/sbin",
  commandDirectory: "/usr/sbin",
  scache: "/usr/lib/postfix/sbin/scache",
  postfix: "/usr/sbin/postfix",
  postconf: "/usr/sbin/postconf",
  smtpSink: "/usr/sbin/smtp-sink",
  smtpSource: "/usr/sbin/smtp-source",
  openssl: "/usr/bin/openssl",
  stockMaster: "/usr/share/postfix/master.cf.dist"
} as const

/**
 * There is no laboratory on this machine: what is missing, and how to get it.
 *
 * @category errors
 */
export class PostfixMissing extends Schema.TaggedError<PostfixMissing>()("PostfixMissing", {
  missing: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `no Postfix laboratory here, for want of ${this.missing.join(", ")}: run .ci/install-postfix as root`
  }
}

/**
 * What of the real Postfix is missing on this machine; undefined when all is there.
 *
 * Root is part of it: master(8) starts as nobody else.
 *
 * @category postfix
 */
export const findMissing = (): PostfixMissing | undefined => {
  const missing: Array<string> = Object.values(postfixPaths).filter(
    (path) => path !== postfixPaths.stockMaster && !isExecutable(path)
  )
  if (!existsSync(postfixPaths.stockMaster)) missing.push(postfixPaths.stockMaster)
  if (process.getuid?.() !== 0) missing.push("root's rights")
  return missing.length === 0 ? undefined : new PostfixMissing({ missing })
}

/**
 * The real Postfix, found on this machine.
 *
 * @category postfix
 */
export class PostfixTools extends Context.Service<
  PostfixTools,
  {
    readonly paths: typeof postfixPaths
    /** Postfix's version, for instance `3.7.11`. */
    readonly version: Effect.Effect<string, LabFailure>
  }
>()("@scached/interop/PostfixTools") {
  /** Fails with `PostfixMissing` where the laboratory cannot be. */
  static readonly layer: Layer.Layer<PostfixTools, PostfixMissing, SystemCalls> = Layer.effect(
    PostfixTools,
    Effect.gen(function* () {
      const missing = findMissing()
      if (missing !== undefined) return yield* missing
      const calls = yield* SystemCalls
      const version = LabProcess.run([postfixPaths.postconf, "-dh", "mail_version"], { timeoutMillis: 5000 }).pipe(
        Effect.map((output) => output.trim()),
        Effect.provideService(SystemCalls, calls)
      )
      return PostfixTools.of({ paths: postfixPaths, version })
    })
  )
}
