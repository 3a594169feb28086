import type { Program } from "./InspectCommandLine.ts"

const socketOption = `  --socket PATH     the cache's socket; without it the one that master(8) makes,
                    /var/spool/postfix/private/scache`
const helpOption = "  -h, --help        this page"

const endings = `Exit status:
  0   done
  1   the cache is not running, has ended, or does not answer
  2   the command line is wrong
  3   the cache refuses: only root, and the user that scached runs as, may
      inspect it; or it is scache(8), which cannot be inspected`

/** What \`scached PROGRAM --help\` prints: lines of at most 80 columns. */
export const helpOf: Readonly<Record<Program, string>> = {
  status: `scached status prints what a running cache holds and has counted, its limits
and its settings. It changes nothing.

Usage:
  scached status [--socket PATH] [--json]

Options:
${socketOption}
  --json            one object, with plain numbers
${helpOption}

${endings}

Examples:
  scached status
  scached status --socket /run/scached.sock --json | jq .gauges.connections

The names are explained in docs/protocol.md, the JSON in docs/operating.md.
`,
  list: `scached list prints every connection and every binding that a running cache
holds: its age, what is left of its time, how often it was used, and who saved
it. The content of properties is not printed: it may be secret.

Usage:
  scached list [--socket PATH] [--json]

Options:
${socketOption}
  --json            one object a line
${helpOption}

${endings}

Examples:
  scached list | sort -k 8 | less
  scached list --json | jq -r 'select(.kind == "connection").label.text'
`,
  watch: `scached watch prints what happens in a running cache, until it is interrupted:
connections that are saved, found, handed over, expired or evicted, far ends
that hang up, clients that are refused. Times are UTC.

Usage:
  scached watch [--socket PATH] [--json]

Options:
${socketOption}
  --json            one object a line
${helpOption}

${endings}

Examples:
  scached watch | grep -E 'evicted|refused'
  scached watch --json | jq -c 'select(.event == "expired")'
`,
  top: `scached top shows a running cache on one screen, renewed every second: what it
holds, how near its limits are, and what happens a second. It outlives the
cache, and goes on with the next one. q or Ctrl-C ends it.

Usage:
  scached top [--socket PATH] [--interval SECONDS] [--json]

Options:
${socketOption}
  --interval SECONDS
                    the time between two updates: 0.1 to 3600, 1
                    without it
  --json            no screen: the object of scached status a line, each time
${helpOption}

Environment:
  NO_COLOR          no colours

${endings}
`,
  check: `scached check reads main.cf as scached does, and prints the settings and where
they come from, the limits on this machine, and what is wrong. It starts nothing
and needs no running cache.

Usage:
  scached check [--config-directory DIR] [-o NAME=VALUE] [--json]

Options:
  --config-directory DIR
                    the directory of main.cf; without it /etc/postfix
  -o, --parameter NAME=VALUE
                    use this value instead of main.cf's; may be repeated
  --json            one object
${helpOption}

Exit status:
  0   nothing is wrong
  1   there are remarks
  2   main.cf cannot be used, or the command line is wrong
`
}
