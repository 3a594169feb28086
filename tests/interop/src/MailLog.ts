/**
 * Reads what Postfix's programs write to the mail log.
 *
 * @category postfix
 */

/**
 * How bad an entry is; `info` for one without a word of severity.
 *
 * @category postfix
 */
export type Severity = "info" | "warning" | "error" | "fatal" | "panic"

/**
 * A line of the log.
 *
 * @category postfix
 */
export interface LogEntry {
  /** The program without its instance, for instance `smtp`. */
  readonly program: string
  readonly pid: number
  readonly severity: Severity
  readonly text: string
}

/**
 * What came of the mails.
 *
 * @category postfix
 */
export interface DeliverySummary {
  /** Mails that were delivered. */
  readonly sent: number
  /** Those of them that went over a connection that had been used before (`conn_use` above 1). */
  readonly reused: number
  /** The most that one connection was used. */
  readonly useMax: number
  /** Deliveries that did not end with `sent`. */
  readonly unsent: number
  /** All warnings, errors, fatal ends and panics, but for those of the machine's clocks. */
  readonly problems: ReadonlyArray<string>
  /** Those of them after which waiting is vain. */
  readonly broken: ReadonlyArray<string>
}

/**
 * A cache's statistics of one interval, as scache(8) logs them; what it did not mention is 0.
 *
 * @category postfix
 */
export interface CacheStatistics {
  readonly destinationHits: number
  readonly destinationMisses: number
  readonly endpointHits: number
  readonly endpointMisses: number
  readonly destinationsMax: number
  readonly endpointsMax: number
  readonly connectionsMax: number
}

const linePattern =
  /^\w{3} [ \d]\d [\d:]{8} \S+ (?:[^/\s]+\/)?([^[\s]+)\[(\d+)\]: (?:(warning|error|fatal|panic): )?(.*)$/

/** The word of the pattern as a severity; the pattern admits no other. */
const severityOf = (word: string | undefined): Severity =>
  word === "warning" || word === "error" || word === "fatal" || word === "panic" ? word : "info"

/**
 * The entries of a log. A last line without its end is left out: it is still being written.
 *
 * @category postfix
 */
export const parse = (text: string): ReadonlyArray<LogEntry> =>
  text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .flatMap((line) => {
      const parts = linePattern.exec(line)
      if (parts === null) return []
      const [, program = "", pid = "0", severity, rest = ""] = parts
      return [{ program, pid: Number(pid), severity: severityOf(severity), text: rest }]
    })

/**
 * An entry as one line.
 *
 * @category postfix
 */
export const describe = (entry: LogEntry): string => `${entry.program}[${entry.pid}]: ${entry.severity}: ${entry.text}`

/**
 * Two clocks of the machine disagree by a tick, which a shared virtual machine brings about now and then and no cache could: cleanup(8)
 * says so in these two lines when a queue file looks younger than the present.
 */
const clockWarning =
  /^(file system clock is \d+ seconds ahead of local clock|resetting file time stamps - this hurts performance)$/

/**
 * Whether an entry tells of something that went wrong with the mail or its programs.
 *
 * @category postfix
 */
export const isProblem = ({ severity, text }: LogEntry): boolean => severity !== "info" && !clockWarning.test(text)

/**
 * What the entries say of the mails' delivery.
 *
 * @category postfix
 */
export const summarize = (entries: ReadonlyArray<LogEntry>): DeliverySummary => {
  const deliveries = entries.filter((entry) => / status=\w+ /.test(entry.text))
  const sent = deliveries.filter((entry) => entry.text.includes(" status=sent "))
  const uses = sent.map((entry) => Number(/ conn_use=(\d+),/.exec(entry.text)?.[1] ?? 1))
  const problems = entries.filter(isProblem)
  return {
    sent: sent.length,
    reused: uses.filter((use) => use > 1).length,
    useMax: uses.reduce((most, use) => Math.max(most, use), 0),
    unsent: deliveries.length - sent.length,
    problems: problems.map(describe),
    broken: problems.filter(({ severity }) => severity === "fatal" || severity === "panic").map(describe)
  }
}

const numberAfter = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0)

/**
 * The statistics that a cache logged, one for each interval.
 *
 * @category postfix
 */
export const statistics = (entries: ReadonlyArray<LogEntry>): ReadonlyArray<CacheStatistics> => {
  const intervals: Array<Array<string>> = []
  for (const { text } of entries) {
    if (text.startsWith("statistics: start interval")) intervals.push([])
    else if (text.startsWith("statistics: ")) intervals.at(-1)?.push(text)
  }
  return intervals.map((lines) => {
    const all = lines.join("\n")
    return {
      destinationHits: numberAfter(all, /domain lookup hits=(\d+)/),
      destinationMisses: numberAfter(all, /domain lookup hits=\d+ miss=(\d+)/),
      endpointHits: numberAfter(all, /address lookup hits=(\d+)/),
      endpointMisses: numberAfter(all, /address lookup hits=\d+ miss=(\d+)/),
      destinationsMax: numberAfter(all, /max simultaneous domains=(\d+)/),
      endpointsMax: numberAfter(all, /max simultaneous .*addresses=(\d+)/),
      connectionsMax: numberAfter(all, /max simultaneous .*connection=(\d+)/)
    }
  })
}
