/**
 * Receivers of mail, as Debian and npm have them.
 *
 * @category receivers
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import * as LabProcess from "../LabProcess.ts"
import * as LoopbackAddress from "../LoopbackAddress.ts"
import { PostfixTools } from "../PostfixTools.ts"
import * as PrivatePostfix from "../PrivatePostfix.ts"
import { endsBy, type Receiver } from "./Receiver.ts"
import * as ReceiverPackages from "./ReceiverPackages.ts"

const port = LoopbackAddress.labPorts.smtpd
const startMillisMax = 60_000

/** A program that logs to its output. */
const startProgram = Effect.fnUntraced(function* (
  command: ReadonlyArray<string>,
  address: string,
  ready: string,
  ends: ReturnType<typeof endsBy>,
  environment: Readonly<Record<string, string>> = {}
) {
  const program = yield* LabProcess.start(command, { environment })
  yield* program.waitForOutput(ready, startMillisMax)
  return { address, port, ends: () => ends(program.output()) }
})

const byLines = endsBy({ said: /^ended: quit$/gm, unsaid: /^ended: no quit$/gm, troubles: /^trouble: /gm })

const postfix: Receiver = {
  name: "Postfix smtpd",
  protocol: "smtp",
  version: Effect.flatMap(PostfixTools, ({ version }) => version),
  start: Effect.gen(function* () {
    const settings = { default_transport: "discard:swallowed", relayhost: "", smtpd_client_connection_count_limit: "0" }
    const { address, directory } = yield* PrivatePostfix.start({ cache: "scache", settings })
    const ends = endsBy({
      said: /smtpd\[\d+\]: disconnect from .* quit=1 /g,
      unsaid: /smtpd\[\d+\]: disconnect from (?!.* quit=1 ).*/g,
      troubles: /smtpd\[\d+\]: (warning: |lost connection after )/g
    })
    return { address, port, ends: () => ends(readFileSync(join(directory, "mail.log"), "latin1")) }
  })
}

const smtpServerVersion = "3.21.6"
const smtpServer: Receiver = {
  name: "smtp-server",
  protocol: "smtp",
  version: Effect.succeed(smtpServerVersion),
  start: Effect.gen(function* () {
    const folder = yield* ReceiverPackages.npm("smtp-server", smtpServerVersion)
    const address = yield* LoopbackAddress.next
    const command = ["node", join(import.meta.dir, "smtpServer.mjs"), address, String(port), folder]
    return yield* startProgram(command, address, "listening", byLines)
  })
}

const aiosmtpd: Receiver = {
  name: "aiosmtpd",
  protocol: "smtp",
  version: Effect.sync(() => ReceiverPackages.debianVersion("python3-aiosmtpd")),
  start: Effect.gen(function* () {
    const folder = yield* ReceiverPackages.debian("python3-aiosmtpd")
    const address = yield* LoopbackAddress.next
    const command = ["/usr/bin/python3", join(import.meta.dir, "mailServer.py"), address, String(port)]
    const environment = { PYTHONPATH: join(folder, "usr/lib/python3/dist-packages") }
    return yield* startProgram(command, address, "listening", byLines, environment)
  })
}

/** A server in a tree of its own, which logs to standard error. */
const overlaid = (
  receiver: Pick<Receiver, "name" | "protocol">,
  packages: readonly [string, ...ReadonlyArray<string>],
  script: (address: string) => string,
  ready: string,
  ends: ReturnType<typeof endsBy>
): Receiver => ({
  ...receiver,
  version: Effect.sync(() => ReceiverPackages.debianVersion(packages[0])),
  start: Effect.gen(function* () {
    const folder = yield* ReceiverPackages.debian(...packages)
    const address = yield* LoopbackAddress.next
    return yield* startProgram(ReceiverPackages.overlaid(folder, script(address)), address, ready, ends)
  })
})

const exim = overlaid(
  { name: "Exim", protocol: "smtp" },
  ["exim4-daemon-light"],
  (address) => `
mkdir /spool
chmod 777 /spool
cat > /etc/lab.conf <<X
primary_hostname = lab.example.test
spool_directory = /spool
log_file_path = /spool/%slog
log_selector = +smtp_connection
keep_environment =
tls_advertise_hosts =
smtp_accept_max = 1000
queue_only = true
acl_smtp_rcpt = accept_all
begin acl
accept_all:
  accept
begin routers
nowhere:
  driver = redirect
  data = :blackhole:
X
touch /spool/mainlog
chown Debian-exim /spool/mainlog
exim4 -C /etc/lab.conf -bdf -oX ${address}:${port} -oP /spool/pid &
exec tail -f /spool/mainlog`,
  "listening for SMTP",
  endsBy({
    said: /SMTP connection from .* closed by QUIT/g,
    unsaid: /SMTP connection from .* (lost|closed by (?!QUIT))/g,
    troubles: /unexpected disconnection|Connection reset|TLS error/g
  })
)

const openSmtpd = overlaid(
  { name: "OpenSMTPD", protocol: "smtp" },
  ["opensmtpd"],
  (address) => `
mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
chmod 711 /var/spool/smtpd
cat > /etc/smtpd.conf <<X
queue ttl 1h
listen on ${address} port ${port}
action "hold" relay host smtp://${address}:1
match from any for any action "hold"
X
exec smtpd -d -v`,
  "smtpd: setup done",
  endsBy({
    said: /smtp disconnected reason=quit/g,
    unsaid: /smtp disconnected reason=(?!quit)/g,
    troubles: /smtp disconnected reason="?io-error|smtp bad-input/g
  })
)

const dovecotConfiguration = (address: string) => `
mkdir /mail
chmod 777 /mail
touch /mail/log
cat > /etc/dovecot/dovecot.conf <<X
protocols = imap lmtp
listen = ${address}
log_path = /mail/log
ssl = no
disable_plaintext_auth = no
mail_location = maildir:/mail/%u
first_valid_uid = 1
mail_max_userip_connections = 0
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=dovecot gid=dovecot home=/mail/%u allow_all_users=yes
}
default_process_limit = 2000
default_client_limit = 8000`

const dovecotLmtp = overlaid(
  { name: "Dovecot LMTP", protocol: "lmtp" },
  ["dovecot-lmtpd", "dovecot-imapd"],
  (address) => `${dovecotConfiguration(address)}
service lmtp {
  inet_listener lmtp {
    port = ${port}
  }
}
service imap-login {
  inet_listener imap {
    port = 0
  }
}
X
dovecot -F &
exec tail -f /mail/log`,
  "starting up",
  endsBy({
    said: /lmtp\(\d+\): Info: Disconnect from .*: Logged out/g,
    unsaid: /lmtp\(\d+\): Info: Disconnect from (?!.*: Logged out)/g,
    troubles: /(Warning|Error|Fatal): |reset by peer/g
  })
)

const dovecotImap = overlaid(
  { name: "Dovecot IMAP", protocol: "imap" },
  ["dovecot-lmtpd", "dovecot-imapd"],
  (address) => `${dovecotConfiguration(address)}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
}
X
dovecot -F &
exec tail -f /mail/log`,
  "starting up",
  endsBy({
    said: /imap\(.*: Info: Disconnected: Logged out/g,
    unsaid: /imap\(.*: Info: Disconnected: (?!Logged out)/g,
    troubles: /(Warning|Error|Fatal): |reset by peer/g
  })
)

/**
 * All of them, in the order of the table.
 *
 * @category receivers
 */
export const receivers: ReadonlyArray<Receiver> = [
  postfix,
  exim,
  openSmtpd,
  dovecotLmtp,
  dovecotImap,
  smtpServer,
  aiosmtpd
]
