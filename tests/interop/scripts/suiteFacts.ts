/** Prints what this machine's Postfix is like, as JSON; see src/SuiteTable.ts. */
import { readFileSync } from "node:fs"
import * as Greeting from "../src/Greeting.ts"
import { postfixPaths } from "../src/PostfixTools.ts"
import { unitText } from "../src/StockPostfix.ts"
import type { SuiteFacts } from "../src/SuiteTable.ts"

const ask = (...words: ReadonlyArray<string>): string =>
  Bun.spawnSync([postfixPaths.postconf, ...words], { stderr: "ignore" })
    .stdout.toString()
    .trim()

const facts: SuiteFacts = {
  distribution: (/^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "").replace(
    " GNU/Linux",
    ""
  ),
  version: ask("-dh", "mail_version"),
  isGreeted: Greeting.isSent(),
  hasDeniedNewCode: /^MemoryDenyWriteExecute=yes$/m.test(unitText()),
  chroot: ask("-Fh", "scache/unix/chroot"),
  compatibilityLevel: ask("-h", "compatibility_level")
}
console.log(JSON.stringify(facts))
