/**
 * scached in the place of scache(8) below the unit that the distribution installs, with the package's own main.cf and master.cf, replaced by
 * the commands of docs/postfix.md.
 */
import { expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as Greeting from "../src/Greeting.ts"
import * as MailLog from "../src/MailLog.ts"
import * as PrivateSystemd from "../src/PrivateSystemd.ts"
import * as StockPostfix from "../src/StockPostfix.ts"
import { labTest } from "./labTest.ts"

const mails = 200
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000
/** As many as Postfix opens to one destination; twice that, since the reload may begin with new ones. */
const newConnectionsMax = 2 * 20

const guide = readFileSync(join(import.meta.dir, "../../../docs/postfix.md"), "utf8")
const replace = [
  ...guide.slice(guide.indexOf("\n## Replace\n"), guide.indexOf("\n## See whether")).matchAll(/^```sh\n(.*?)^```$/gms)
]
  .map((match) => match[1] ?? "")
  .join("")
const deniesNewCode = /^MemoryDenyWriteExecute=yes$/m.test(StockPostfix.unitText())
const impediment = scachedExecutable.impediment() ?? PrivateSystemd.impediment()
const misplaced = StockPostfix.misplaced()

/** What the manager's namespaces say of the one process that runs scached: its status, then its memory. */
const look = `
for each in /proc/[0-9]*; do
  if [ "$(cat $each/comm 2> /dev/null)" = scached ]; then cat $each/status $each/maps; fi
done
`

labTest("300 mails below the distribution's own unit", { timeoutMillis, impediment, misplaced }, () =>
  Effect.gen(function* () {
    const postfix = yield* StockPostfix.start
    const { systemd } = postfix
    const own = yield* postfix.deliver(100, deliveryMillisMax)
    expect(own.unsent).toBe(0)
    for (const [name, value] of Object.entries(Greeting.settings())) yield* systemd.run(`postconf -e ${name}=${value}`)
    expect(replace).toContain("postconf -F 'scache/unix/command=scached'")
    yield* systemd.run(replace)
    const all = yield* postfix.deliver(mails, deliveryMillisMax)
    const reused = all.reused - own.reused
    console.log(`unit with scache: ${own.reused} of 100 mails over used connections`)
    console.log(`unit with scached: ${reused} of ${mails} mails over used connections`)
    expect(all.unsent).toBe(0)
    expect(own.reused).toBeGreaterThan(0)
    expect(reused).toBeGreaterThanOrEqual(mails - newConnectionsMax)

    const seen = yield* systemd.run(look)
    expect(seen.match(/^Name:/gm)).toHaveLength(1)
    expect(seen).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(seen).toMatch(/^CapEff:\s+0+$/m)
    expect(seen).toMatch(deniesNewCode ? /^Seccomp:\s+2$/m : /^Seccomp:\s+0$/m)
    // Code that no file has is what bun:ffi and the compilers of JavaScriptCore make; the addon's file has no name.
    const executable = seen.split("\n").filter((line) => /^[0-9a-f]+-[0-9a-f]+ ..x/.test(line))
    expect(executable.some((line) => / 00:00 0 *$/.test(line))).toBe(!deniesNewCode)
    expect(executable.some((line) => line.endsWith(" (deleted)"))).toBe(deniesNewCode)

    const troubles = postfix.readLog().filter((entry) => entry.program === "scached" && MailLog.isProblem(entry))
    expect(troubles).toEqual([])
    if (/^ExecStart=postfix debian-/m.test(StockPostfix.unitText())) {
      const ignored = "W: custom service scache/unix/command=scached (ignored)"
      expect(yield* systemd.run("postfix chroot query 2>&1")).toContain(ignored)
      expect(yield* systemd.run("postfix chroot -c query 2>&1")).not.toContain(ignored)
      expect(guide).toContain(ignored)
    }
    yield* systemd.run(`systemctl reload ${StockPostfix.unitName()}`)
    expect((yield* postfix.deliver(20, deliveryMillisMax)).unsent).toBe(0)
    yield* systemd.run(`systemctl stop ${StockPostfix.unitName()}`)
  })
)
