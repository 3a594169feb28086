/** What the Debian packages of a release consist of. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../pack/manifests.ts"
import { bashCompletion } from "./bashCompletion.ts"
import type { Content, DebianFile, DebianPackage } from "./DebianPackage.ts"

const text = (path: string): string => readFileSync(join(root, path), "utf8")

/** As gzip -n: without a time or a name. */
const compressed = (content: string): Content => ({ text: Bun.gzipSync(Buffer.from(content), { level: 9 }) })

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: scached

Files: *
Copyright: The authors of scached
License: Apache-2.0
 On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
Comment:
 The program has the runtime Bun in it, which is under the MIT licence and has JavaScriptCore in it, which is
 under the LGPL, version 2.
`

const documents = (name: string): ReadonlyArray<DebianFile> => [
  { path: `usr/share/doc/${name}/copyright`, content: { text: copyright } },
  { path: `usr/share/doc/${name}/changelog.gz`, content: compressed(text("CHANGELOG.md")) }
]

/** The units of docs/systemd, with the program where the package puts it. */
const unit = (name: string): DebianFile => ({
  path: `usr/lib/systemd/system/${name}`,
  content: { text: text(`docs/systemd/${name}`).replaceAll("/usr/local/sbin/", "/usr/sbin/") }
})

/** Bun 1.4.5 asks for no symbol of a later C library. */
const depends = "libc6 (>= 2.17)"

/**
 * The daemon. Its file lies where master(8) looks for it: a link there would have Postfix warn at each start. Postfix takes a directory with more
 * in it than its own as it is.
 */
export const scachedPackage = (version: string, architecture: string, executable: string): DebianPackage => ({
  name: "scached",
  version,
  architecture,
  depends,
  suggests: "postfix (>= 3.6)",
  synopsis: "connection cache server, in place of Postfix's scache(8)",
  description: [
    "scached keeps open connections that other programs are done with for the",
    "moment, and hands them to the program that asks next. An unchanged Postfix",
    "uses it as its connection cache.",
    "",
    'The package changes nothing of an installed Postfix: "scached install',
    '--postfix" says how to use it there, and does it with --yes.'
  ],
  files: [
    { path: "usr/lib/postfix/sbin/scached", content: { copyOf: executable }, isProgram: true },
    { path: "usr/share/man/man8/scached.8.gz", content: compressed(text("man/scached.8")) },
    { path: "usr/share/bash-completion/completions/scached", content: { text: bashCompletion } },
    unit("scached.service"),
    unit("scached.socket"),
    ...readdirSync(join(root, "docs"))
      .filter((name) => name.endsWith(".md") && name !== "style.md")
      .sort()
      .map((name) => ({ path: `usr/share/doc/scached/${name}`, content: { copyOf: join(root, "docs", name) } })),
    ...documents("scached")
  ],
  links: [{ path: "usr/sbin/scached", target: "../lib/postfix/sbin/scached" }]
})

/** The benchmark. `completion` is what it prints for bash. */
export const benchPackage = (
  version: string,
  architecture: string,
  executable: string,
  completion: string
): DebianPackage => ({
  name: "scache-bench",
  version,
  architecture,
  depends,
  suggests: "postfix, scached",
  synopsis: "load generator for connection caches of Postfix's protocol",
  description: [
    "scache-bench loads caches that speak the protocol of Postfix's scache(8),",
    "checks every answer and every descriptor, and says what each can do."
  ],
  files: [
    { path: "usr/bin/scache-bench", content: { copyOf: executable }, isProgram: true },
    { path: "usr/share/man/man1/scache-bench.1.gz", content: compressed(text("man/scache-bench.1")) },
    { path: "usr/share/bash-completion/completions/scache-bench", content: { text: completion } },
    ...documents("scache-bench")
  ],
  links: []
})
