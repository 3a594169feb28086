import { type ServeKey, serveParameters } from "./ServeParameters.ts"

/** A sentence in the form of a list item. */
const inList = (about: string): string => `${about.charAt(0).toLowerCase()}${about.slice(1).replace(/\.$/, "")}`

/** A default as people write it, and not as the expression that Postfix has for some. */
const standardOf = (key: ServeKey): string => {
  if (key === "configurationDirectory" || key === "processName" || serveParameters[key].kind === "fact") return ""
  if (key === "syslogName") return " (default postfix)"
  return serveParameters[key].default === "" ? "" : ` (default ${serveParameters[key].default})`
}

// The cast cannot lie: these are the keys of the table.
const keys = Object.keys(serveParameters) as ReadonlyArray<ServeKey>
/** The width of a terminal that was not made wider. */
const columnsMax = 80

/** The words of a text, in indented lines that fit into a terminal. */
const wrapped = (text: string, indent: string): string => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > columnsMax) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => `${indent}${each}`).join("\n")
}

const parameterLines = keys.map((key) => {
  const { about, name } = serveParameters[key]
  return `  ${name}\n${wrapped(`${inList(about)}${standardOf(key)}`, "      ")}`
})

/** What `scached --help` prints: lines of at most 80 columns. */
export const help: string = `scached keeps other programs' idle connections and hands them to the next
client that asks. It speaks the protocol of Postfix's scache(8), so that smtp(8)
uses it unchanged.

Usage:
  scached serve --socket PATH [options]
  scached install --postfix [--yes | --undo]
                            print, or run, the commands that put scached in the
                            place of scache(8)
  scached status | list | watch | top [--socket PATH] [--json]
                            inspect a running cache
  scached check [--config-directory DIR] [--json]
                            print the values of main.cf, and its mistakes
  Each command but serve has its own page: scached status --help

Options of serve:
  --socket PATH             where clients connect: a UNIX socket, made at start
                            and removed at exit; omit it where systemd passes
                            the socket
  --mode MODE               who may connect, as the octal mode of the socket
                            file (default 0600)
  --allow-user USER         let this user connect too, by name or number; may be
                            repeated. Root and the user that starts scached
                            always may. With this option the default mode is
                            0666
  --allow-group GROUP       let the members of this group connect too; may be
                            repeated
  --config-directory DIR    read the parameters below from DIR/main.cf too
                            (without it no file is read)
  -o, --parameter NAME=VALUE
                            set a parameter, overriding main.cf; may be
                            repeated, the last value of a name applies
  -v, --verbose             log every client and every request
  --log-format FORMAT       text for people (default; colours on a terminal
                            unless NO_COLOR is set), or json: one object a line
                            with time, level and message
  --log-to PLACE            stderr (default) or syslog

  -h, --help                this page
  --version                 the version

Parameters for -o and main.cf (times take s, m, h, d or w; seconds without a
unit):
${parameterLines.join("\n")}
  Values may refer to other parameters, as in main.cf:
      -o 'syslog_name=cache-$process_id'

Signals:
  HUP                       read main.cf again and log what has changed; the
                            cache stays, unless a limit is lowered. The ttl
                            limit applies to later saves; daemon_timeout,
                            scached_io_uring, syslog_facility and syslog_name
                            need a restart
  USR1                      log all counters, gauges and limits
  TERM, INT, QUIT           close everything, remove the socket and exit

Exit status:
  0                         after a signal or max_idle
  1                         it cannot serve: the socket is in use, or cannot be
                            made
  2                         the command line or main.cf is wrong; nothing was
                            created
  (ended by SIGALRM)        the process hung for longer than daemon_timeout

Examples:
  scached serve --socket /tmp/scache.sock -v
  scached serve --socket /tmp/scache.sock -o connection_cache_ttl_limit=1m
  scached serve --socket /tmp/scache.sock --config-directory /etc/postfix

  In place of scache(8): scached install --postfix prints the commands. After
  them master(8) starts scached, and passes its options.

  Beside scache(8), for a trial: serve /var/spool/postfix/private/scached as
  Postfix's mail_owner, and configure smtp(8) with
      postconf -e connection_cache_service_name=scached
`
