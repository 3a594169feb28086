/** What `scached install --help` prints: lines of at most 80 columns. */
export const installHelp = `scached install prints the commands that put scached in the place of scache(8)
in Postfix, and runs them with --yes. It looks at this machine's Postfix first,
and prints only the commands that it needs.

Usage:
  scached install --postfix [--yes | --undo] [options]

Options:
  --postfix         install for Postfix: required
  --yes             run the commands, as root
  --undo            go back to scache(8), and remove what --yes added, as root
  --keep-hardening  leave Postfix's unit as it is where systemd denies it
                    executable memory: scached is then no faster than scache(8)
  --config-directory DIR
                    the Postfix whose main.cf is in DIR; without it the one that
                    postconf(1) finds
  -h, --help        this page

Exit status:
  0   done, or there was nothing to do
  1   something is in the way, or a command has failed
  2   the command line is wrong

Examples:
  scached install --postfix
  scached install --postfix --yes
  scached install --postfix --undo

docs/install.md and docs/postfix.md explain each step.
`
