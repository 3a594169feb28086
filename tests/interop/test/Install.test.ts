/** `scached install --postfix` on a Postfix of one's own, and the way back. */
import { expect } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import * as Greeting from "../src/Greeting.ts"
import { LabFailure } from "../src/LabFailure.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import * as PrivateSystemd from "../src/PrivateSystemd.ts"
import * as StockPostfix from "../src/StockPostfix.ts"
import { labTest } from "./labTest.ts"

const root = join(import.meta.dir, "../../..")
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const deliveryMillisMax = 120_000
const impediment = scachedExecutable.impediment()
const executable = join(root, "dist/scached")

labTest("it replaces the cache of a Postfix, and goes back to what was before", { timeoutMillis, impediment }, () =>
  Effect.gen(function* () {
    const postfix = yield* PrivatePostfix.start({ cache: "scache", hasOwnDaemons: true, hasStockMaster: true })
    yield* MailLoad.startSink(postfix.address)
    const configuration = join(postfix.directory, "conf")
    const install = (...words: ReadonlyArray<string>): string => {
      const command = [executable, "install", "--postfix", "--config-directory", configuration, ...words]
      const child = Bun.spawnSync(command, { cwd: root })
      if (child.exitCode === 0) return child.stdout.toString()
      throw new LabFailure({ attempt: command.join(" "), found: `${child.stdout}${child.stderr}` })
    }
    const files = () => ["main.cf", "master.cf"].map((name) => readFileSync(join(configuration, name), "utf8"))
    const program = join(postfix.directory, "daemons/scached")

    const before = files()
    expect(install()).toContain("# Nothing was changed.")
    expect(files()).toEqual(before)
    expect(existsSync(program)).toBe(false)

    install("--yes")
    expect(existsSync(program)).toBe(true)
    yield* MailLoad.send(postfix.address, { mails: 40, sessions: 2 })
    const delivered = yield* postfix.waitForSent(40, deliveryMillisMax)
    expect(delivered.reused).toBeGreaterThan(0)
    yield* postfix.awaitStatistics
    const programs = new Set(postfix.readLog().map((entry) => entry.program))
    expect([programs.has("scached"), programs.has("scache")]).toEqual([true, false])

    install("--undo")
    expect(existsSync(program)).toBe(false)
    // The lines of master.cf are laid out again by postconf(1); what they say is the same.
    const words = (text: string) => text.split("\n").map((line) => line.trim().split(/\s+/).join(" "))
    expect(files().map(words)).toEqual(before.map(words))
    expect(install("--undo")).toContain("nothing to do")
  })
)

const deniesNewCode = /^MemoryDenyWriteExecute=yes$/m.test(StockPostfix.unitText())
const misplaced = StockPostfix.misplaced()

labTest(
  "it changes the distribution's unit where that denies executable memory, and back",
  { timeoutMillis, impediment: impediment ?? PrivateSystemd.impediment(), misplaced },
  () =>
    Effect.gen(function* () {
      const { deliver, systemd } = yield* StockPostfix.start
      for (const [name, value] of Object.entries(Greeting.settings()))
        yield* systemd.run(`postconf -e ${name}=${value}`)
      const denies = `systemctl show --property=MemoryDenyWriteExecute --value ${StockPostfix.unitName()}`
      const before = yield* systemd.run(denies)
      yield* systemd.run("dist/scached install --postfix --yes")
      expect((yield* systemd.run(denies)).trim()).toBe("no")
      expect(existsSync(systemd.outside(`/etc/systemd/system/${StockPostfix.unitName()}.d/scached.conf`))).toBe(
        deniesNewCode
      )
      expect((yield* deliver(40, deliveryMillisMax)).unsent).toBe(0)
      yield* systemd.run("dist/scached install --postfix --undo")
      expect(yield* systemd.run(denies)).toBe(before)
      expect((yield* deliver(20, deliveryMillisMax)).unsent).toBe(0)
      yield* systemd.run(`systemctl stop ${StockPostfix.unitName()}`)
    })
)
