import { dropInOf, type PostfixFacts } from "./PostfixFacts.ts"

/** One command, and why it is there. */
export interface Step {
  readonly why: string
  readonly command: ReadonlyArray<string>
  /** What it reads. */
  readonly input?: string
}

const serviceCommand = "scache/unix/command"

const firstWord = /^\S+/

/** Since this version a cache greets its clients. */
const greetingVersion = { major: 3, minor: 6 } as const

const greets = (mailVersion: string): boolean => {
  const [major = 0, minor = 0] = mailVersion.split(/[.-]/).map(Number)
  return major > greetingVersion.major || (major === greetingVersion.major && minor >= greetingVersion.minor)
}

const dropIn = `# Made by "scached install --postfix". Without this setting scached runs too, slower: JavaScript is interpreted.
[Service]
MemoryDenyWriteExecute=no
`

const isInPlace = ({ command }: PostfixFacts): boolean => /^scached(\s|$)/.test(command)

/** The program in scache's place that is neither scache(8) nor scached: it would be lost, since --undo restores scache(8). */
export const foreignProgram = ({ command, daemonDirectory }: PostfixFacts): string | undefined => {
  const program = firstWord.exec(command)?.[0] ?? ""
  const known = ["scache", "scached"].flatMap((name) => [name, `${daemonDirectory}/${name}`])
  return known.includes(program) ? undefined : program
}

/** The command that makes a running Postfix notice the changes: a changed unit needs a restart, for anything else a reload is enough. */
const renewal = (facts: PostfixFacts, changedUnits: ReadonlyArray<string>): ReadonlyArray<Step> => {
  const reread: ReadonlyArray<Step> =
    changedUnits.length === 0 ? [] : [{ why: "systemd reads its units again", command: ["systemctl", "daemon-reload"] }]
  if (!facts.isRunning) return reread
  const unitsToRestart = changedUnits.filter((unit) => facts.activeUnits.includes(unit))
  const renew: Step =
    unitsToRestart.length === 0
      ? { why: "Postfix reads its configuration again", command: [...facts.postfix, "reload"] }
      : {
          why: "memory is allowed or denied from a unit's start on",
          command: ["systemctl", "restart", ...unitsToRestart]
        }
  return [...reread, renew]
}

/** What puts scached in the place of scache(8); nothing where it is there already. */
export const stepsToInstall = (facts: PostfixFacts, keepsHardening: boolean): ReadonlyArray<Step> => {
  const target = `${facts.daemonDirectory}/scached`
  const steps: Array<Step> = []
  if (facts.program !== target) {
    steps.push({
      why: "the program, where master(8) looks for it",
      command: ["install", "-m", "755", facts.program, target]
    })
  }
  if (!greets(facts.mailVersion) && !facts.hasGreeting) {
    steps.push({
      why: `clients of Postfix ${facts.mailVersion} expect no greeting`,
      command: [...facts.postconf, "-e", "scached_greeting=no"]
    })
  }
  if (!isInPlace(facts)) {
    const command = facts.command.replace(firstWord, "scached")
    steps.push({
      why: "scached in the place of scache",
      command: [...facts.postconf, "-F", `${serviceCommand}=${command}`]
    })
  }
  const unitsToChange = keepsHardening ? [] : facts.denyingUnits
  for (const unit of unitsToChange) {
    steps.push({
      why: `${unit} denies executable memory, without which scached is no faster than scache`,
      command: ["install", "-D", "-m", "644", "/dev/stdin", dropInOf(unit)],
      input: dropIn
    })
  }
  return steps.length === 0 ? [] : [...steps, ...renewal(facts, unitsToChange)]
}

/** What goes back to scache(8); nothing where scached is not in its place, and nothing of it is left. */
export const stepsToUndo = (facts: PostfixFacts): ReadonlyArray<Step> => {
  const target = `${facts.daemonDirectory}/scached`
  const steps: Array<Step> = []
  if (isInPlace(facts)) {
    const command = facts.command.replace(firstWord, "scache")
    steps.push({ why: "scache in its old place", command: [...facts.postconf, "-F", `${serviceCommand}=${command}`] })
  }
  if (facts.hasGreeting) {
    steps.push({ why: "a parameter of scached alone", command: [...facts.postconf, "-X", "scached_greeting"] })
  }
  for (const unit of facts.changedUnits) {
    steps.push({ why: `${unit} as the distribution has it`, command: ["rm", "-f", dropInOf(unit)] })
  }
  const all = steps.length === 0 ? steps : [...steps, ...renewal(facts, facts.changedUnits)]
  // Last: while master.cf names a program that is not there, mail is slow. What runs now was not copied, and goes with its package.
  if (!facts.isProgramThere || facts.program === target) return all
  return [...all, { why: "the copy of the program", command: ["rm", "-f", target] }]
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** A step as a person types it. */
export const shellOf = ({ command, input }: Step): string => {
  const line = command.map(quoted).join(" ")
  return input === undefined ? line : `${line} << 'END'\n${input}END`
}
