import { defaultCacheSettings } from "../cache/CacheSettings.ts"
import { parameters } from "./parameters.ts"

const width = Math.max(...parameters.map((each) => each.name.length)) + 2

const parameterLines = parameters.map((each) => {
  const standard = defaultCacheSettings[each.setting]
  return `      ${each.name.padEnd(width)}${each.about} (default ${standard}${standard === 0 ? "" : "s"})`
})

/** What `scached --help` prints. */
export const help: string = `scached keeps other programs' idle connections and hands them to whoever asks next.
It speaks the protocol of Postfix's scache(8), so that smtp(8) uses it unchanged.

Usage:
  scached serve --socket PATH [options]

Options of serve:
  --socket PATH      where clients connect: a UNIX socket, made at start and removed at exit
  --mode MODE        who may connect, as the octal mode of the socket file (default 0600)
  -o NAME=VALUE      set a Postfix parameter; may be repeated, the last one of a name wins
  -v, --verbose      log every client and every request

  --help             this page
  --version          the version

Parameters for -o (times take s, m, h, d or w; seconds without a unit):
${parameterLines.join("\n")}

Try it:
  scached serve --socket /tmp/scache.sock -v
  As Postfix's cache: make the socket below its queue directory, owned by its mail_owner,
  /var/spool/postfix/private/scached, and tell smtp(8) with
  postconf -e connection_cache_service_name=scached

  In scache's place: put the executable, or a link to it, into daemon_directory, and its name into
  the last column of the scache line of master.cf; master(8) then starts it with options of its own.

Signals: SIGTERM and SIGINT close everything and exit.
Exit status: 0 after a signal or max_idle, 1 when it cannot serve, 2 when the command line is wrong.
`
