import { type ServeKey, serveParameters } from "./ServeParameters.ts"

/** One sentence, as it stands in a list. */
const inList = (about: string): string => `${about.charAt(0).toLowerCase()}${about.slice(1).replace(/\.$/, "")}`

/** A default as people write it: not the expression that Postfix has for some. */
const standardOf = (key: ServeKey): string => {
  if (key === "configurationDirectory" || key === "processName" || serveParameters[key].kind === "fact") return ""
  if (key === "syslogName") return " (default postfix)"
  return serveParameters[key].default === "" ? "" : ` (default ${serveParameters[key].default})`
}

// It cannot lie: these are the keys of the table.
const keys = Object.keys(serveParameters) as ReadonlyArray<ServeKey>
const width = Math.max(...keys.map((key) => serveParameters[key].name.length)) + 2

const parameterLines = keys.map((key) => {
  const { about, name } = serveParameters[key]
  return `  ${name.padEnd(width)}${inList(about)}${standardOf(key)}`
})

/** What `scached --help` prints. */
export const help: string = `scached keeps other programs' idle connections and hands them to the next client that asks.
It speaks the protocol of Postfix's scache(8), so that smtp(8) uses it unchanged.

Usage:
  scached serve --socket PATH [options]
  scached install --postfix [--yes | --undo]   the commands that put it in the place of scache(8)

Options of serve:
  --socket PATH             where clients connect: a UNIX socket, made at start and removed at exit;
                            left out where systemd passes the socket
  --mode MODE               who may connect, as the octal mode of the socket file (default 0600)
  --allow-user USER         let this user connect too, by name or number; may be repeated. Root and the user
                            who starts it always may. With it the default mode is 0666
  --allow-group GROUP       let the members of this group connect too; may be repeated
  --config-directory DIR    read the parameters below from DIR/main.cf too (without it no file is read)
  -o, --parameter NAME=VALUE
                            set a parameter, whatever main.cf says; may be repeated, the last one of a
                            name wins
  -v, --verbose             log every client and every request
  --log-format FORMAT       text for people (default; colours on a terminal unless NO_COLOR is set), or
                            json: one object a line with time, level and message
  --log-to PLACE            stderr (default) or syslog

  -h, --help                this page
  --version                 the version

Parameters for -o and main.cf (times take s, m, h, d or w; seconds without a unit):
${parameterLines.join("\n")}
  Values may refer to other parameters, as in main.cf: -o 'syslog_name=cache-$process_id'

Signals:
  HUP                    read main.cf again and log what has changed; nothing cached is lost, unless a
                         limit is lower. The ttl limit counts for what is saved from then on;
                         daemon_timeout, scached_io_uring, syslog_facility and syslog_name need
                         a restart
  USR1                   log all counters, gauges and limits
  TERM, INT, QUIT        close everything, remove the socket and exit

Exit status:
  0                      after a signal or max_idle
  1                      it cannot serve: the socket is taken, or may not be made
  2                      the command line or main.cf is wrong; nothing was created
  (ended by SIGALRM)     it hung for longer than daemon_timeout

Examples:
  scached serve --socket /tmp/scache.sock -v
  scached serve --socket /tmp/scache.sock -o connection_cache_ttl_limit=1m -o max_idle=10m
  scached serve --socket /tmp/scache.sock --config-directory /etc/postfix --log-format json

  As Postfix's cache: make the socket below its queue directory, owned by its mail_owner,
  /var/spool/postfix/private/scached, and tell smtp(8) with
  postconf -e connection_cache_service_name=scached

  In scache's place: put the executable into daemon_directory, and its name into
  the last column of the scache line of master.cf; master(8) then starts it with options of its own.
`
