/** What bash completes for scached, made from the tables that the program itself reads. */

import * as InspectCommandLine from "../../apps/scached/src/inspect/InspectCommandLine.ts"
import { installOptions } from "../../apps/scached/src/install/main.ts"
import { options } from "../../apps/scached/src/serve/CommandLine.ts"
import { serveParameters } from "../../apps/scached/src/serve/ServeParameters.ts"

const serveWords = Object.entries(options).flatMap(([name, option]) => [
  `--${name}`,
  ...("short" in option ? [`-${option.short}`] : [])
])
const installWords = Object.keys(installOptions).map((name) => `--${name}`)
const inspectCases = InspectCommandLine.programs.map((program) => {
  const words = Object.keys(InspectCommandLine.options[program]).map((name) => `--${name}`)
  return `        ${program}) words="${words.join(" ")}" ;;`
})
const commands = ["serve", "install", ...InspectCommandLine.programs]
const parameters = Object.values(serveParameters).map(({ name }) => `${name}=`)

/** The script, for /usr/share/bash-completion/completions/scached. */
export const bashCompletion = `# Completion of scached(8) for bash.
_scached() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $previous in
    --socket) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    --config-directory) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    --allow-user) mapfile -t COMPREPLY < <(compgen -u -- "$current") ;;
    --allow-group) mapfile -t COMPREPLY < <(compgen -g -- "$current") ;;
    --log-format) mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current") ;;
    --log-to) mapfile -t COMPREPLY < <(compgen -W "stderr syslog" -- "$current") ;;
    --mode) ;;
    -o | --parameter)
      compopt -o nospace 2> /dev/null
      mapfile -t COMPREPLY < <(compgen -W "${parameters.join(" ")}" -- "$current")
      ;;
    scached | */scached) mapfile -t COMPREPLY < <(compgen -W "${commands.join(" ")} --help --version" -- "$current") ;;
    *)
      local words="${serveWords.join(" ")}"
      case \${COMP_WORDS[1]} in
        install) words="${installWords.join(" ")}" ;;
${inspectCases.join("\n")}
      esac
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      ;;
  esac
}
complete -F _scached scached
`
