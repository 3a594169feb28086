/**
 * The Postfix of this machine's package as its distribution runs it: with the package's own main.cf, master.cf and unit, under a systemd of
 * one's own.
 *
 * @category systemd
 */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import { LabFailure, labFailure } from "./LabFailure.ts"
import * as MailLog from "./MailLog.ts"
import { postfixPaths } from "./PostfixTools.ts"
import * as PrivateSystemd from "./PrivateSystemd.ts"

const configuration = "/etc/postfix"
const units = "/usr/lib/systemd/system"
const unitsBeforeMerge = "/lib/systemd/system"
const logFile = "/var/log/mail.log"
const sinkPort = 10_025
const pollMillis = 20

const unitDirectory = (): string => (existsSync(join(units, "postfix.service")) ? units : unitsBeforeMerge)

const readUnit = (name: string): string => {
  const path = join(unitDirectory(), name)
  return existsSync(path) ? readFileSync(path, "utf8") : ""
}

/**
 * Whether the package has left Postfix unconfigured here, as it does for `.ci/install-postfix` without a suite; undefined where it has not.
 *
 * @category systemd
 */
export const misplaced = (): string | undefined =>
  existsSync(join(configuration, "main.cf")) && readUnit("postfix.service") !== ""
    ? undefined
    : `the package has configured no Postfix here: bun run test:postfix SUITE`

/** Before Debian 13 the package's unit only stands for the instances, and the one of this name is the main one. */
const isInstance = (): boolean => /^ExecStart=\/bin\/true$/m.test(readUnit("postfix.service"))

/**
 * The name of the unit that runs Postfix.
 *
 * @category systemd
 */
export const unitName = (): string => (isInstance() ? "postfix@-.service" : "postfix.service")

/**
 * What the package's unit is made of.
 *
 * @category systemd
 */
export const unitText = (): string => readUnit(isInstance() ? "postfix@.service" : "postfix.service")

/**
 * A running Postfix of the package's.
 *
 * @category systemd
 */
export interface StockPostfix {
  readonly systemd: PrivateSystemd.PrivateSystemd
  /** What its log says so far. */
  readonly readLog: () => ReadonlyArray<MailLog.LogEntry>
  /** Submits so many mails and waits until they were sent; what came of all mails so far. */
  readonly deliver: (
    mails: number,
    timeoutMillis: number
  ) => Effect.Effect<MailLog.DeliverySummary, LabFailure, SystemCalls>
}

/**
 * What is changed of the machine for the manager alone, and with which settings the mail goes to a sink that is there for it. The programs are
 * copies, so that some can be added.
 */
const prepare = `
ip link set lo up
mount -t tmpfs -o mode=755 tmpfs /var/log
owner=$(id -u postfix)
mount -t tmpfs -o mode=755,uid=$owner tmpfs /var/lib/postfix
cp -a ${postfixPaths.daemonDirectory} /run/daemons
mount --bind /run/daemons ${postfixPaths.daemonDirectory}
postconf -e relayhost=[127.0.0.1]:${sinkPort} smtp_connection_cache_destinations=static:all maillog_file=${logFile}
systemctl daemon-reload
systemctl start sink.service
until smtp-source -m 1 127.0.0.1:${sinkPort} 2> /dev/null; do sleep 0.05; done
`

const sinkUnit = `[Service]
ExecStart=${postfixPaths.smtpSink} -u postfix 127.0.0.1:${sinkPort} 1000
`

/**
 * Starts the unit. Of the package's main.cf three settings are added, which hand all mail to a sink, by cached connections, and name a log
 * file. All ends with the scope.
 *
 * @category systemd
 */
export const start: Effect.Effect<StockPostfix, LabFailure, SystemCalls | Scope.Scope> = Effect.gen(function* () {
  const systemd = yield* PrivateSystemd.start
  yield* Effect.try({
    try: () => {
      cpSync(configuration, systemd.outside(configuration), { recursive: true, preserveTimestamps: true })
      for (const name of readdirSync(unitDirectory()).filter((file) => file.startsWith("postfix"))) {
        writeFileSync(systemd.outside(`/etc/systemd/system/${name}`), readUnit(name))
      }
      writeFileSync(systemd.outside("/etc/systemd/system/sink.service"), sinkUnit)
    },
    catch: labFailure("install the package's files")
  })
  yield* systemd.run(prepare)
  const logPath = systemd.outside(logFile)
  const logText = () => (existsSync(logPath) ? readFileSync(logPath, "latin1") : "")
  yield* systemd
    .run(`systemctl start ${unitName()}`)
    .pipe(
      Effect.catch(({ attempt, found }) =>
        systemd
          .run(`systemctl status --no-pager --full ${unitName()} || true`)
          .pipe(
            Effect.flatMap((status) =>
              Effect.fail(new LabFailure({ attempt, found: `${found}\n${status}${logText()}` }))
            )
          )
      )
    )
  const readLog = () => MailLog.parse(logText())
  let sent = 0
  const deliver = Effect.fnUntraced(function* (mails: number, timeoutMillis: number) {
    const people = "-f sender@example.test -t recipient@destination.test"
    yield* systemd.run(`smtp-source -s 4 -m ${mails} ${people} 127.0.0.1:25`)
    sent += mails
    const wanted = sent
    return yield* Effect.timeoutOrElse(
      Effect.gen(function* () {
        while (MailLog.summarize(readLog()).sent < wanted) yield* Effect.sleep(pollMillis)
        return MailLog.summarize(readLog())
      }),
      {
        duration: timeoutMillis,
        orElse: () =>
          Effect.fail(new LabFailure({ attempt: `see ${wanted} mails sent`, found: logText().slice(-4000) }))
      }
    )
  })
  return { systemd, readLog, deliver }
})
