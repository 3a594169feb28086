/** "Beside Postfix" of docs/postfix.md, with its commands as they stand there but for where files are. */
import { expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { scachedExecutable } from "../src/CacheTarget.ts"
import { LabFailure } from "../src/LabFailure.ts"
import * as LabProcess from "../src/LabProcess.ts"
import * as MailLoad from "../src/MailLoad.ts"
import * as PrivatePostfix from "../src/PrivatePostfix.ts"
import { labTest } from "./labTest.ts"

const root = join(import.meta.dir, "../../..")
const guide = readFileSync(join(root, "docs/postfix.md"), "utf8")
const section = guide.slice(guide.indexOf("\n## Beside Postfix\n"))
const [serve = "", switchOver = ""] = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? "")
const [goBack = ""] = /`(postconf -X [^`]+)`/.exec(section)?.slice(1) ?? []
/** Only failures take as long as these limits. */
const timeoutMillis = 240_000
const startMillisMax = 60_000
const deliveryMillisMax = 120_000

labTest("scached serves beside Postfix, and back", { timeoutMillis, impediment: scachedExecutable.impediment() }, () =>
  Effect.gen(function* () {
    const postfix = yield* PrivatePostfix.start({ cache: "scache" })
    yield* MailLoad.startSink(postfix.address)
    const environment = { ...process.env, MAIL_CONFIG: join(postfix.directory, "conf") }
    const run = (commands: string): string => {
      const child = Bun.spawnSync(["sh", "-eu", "-c", commands], { cwd: root, env: environment })
      const output = `${child.stdout}${child.stderr}`
      if (child.exitCode !== 0) throw new LabFailure({ attempt: commands, found: `${child.exitCode}: ${output}` })
      return child.stdout.toString()
    }
    const queue = run("postconf -h queue_directory").trim()
    const program = join(postfix.directory, "scached")
    const commands = serve
      .replaceAll("/usr/local/sbin/scached", program)
      .replace("  scached serve", `  ${program} serve --config-directory ${environment.MAIL_CONFIG}`)
      .replace("/var/spool/postfix", queue)
      // In the place of the shell, which alone would be ended with the test.
      .replace(/^setpriv /m, "exec setpriv ")
    const server = yield* LabProcess.start(["sh", "-eu", "-c", commands], { directory: root })
    yield* server.waitForOutput(`listening on ${queue}/private/scached`, startMillisMax)

    run(switchOver)
    expect(run("postconf -h connection_cache_service_name")).toBe("scached\n")
    yield* MailLoad.send(postfix.address, { mails: 40, sessions: 2 })
    expect((yield* postfix.waitForSent(40, deliveryMillisMax)).reused).toBeGreaterThan(0)

    run(`${goBack}; postfix reload`)
    expect(run("postconf -h connection_cache_service_name")).toBe("scache\n")
    yield* MailLoad.send(postfix.address, { mails: 10, sessions: 2 })
    yield* postfix.waitForSent(50, deliveryMillisMax)
  })
)
