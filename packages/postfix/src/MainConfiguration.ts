/**
 * The text of a `main.cf`: settings `name = value`, comments, lines that continue the one before.
 *
 * A line that begins with white space continues the one before it, whatever comments and blank lines stand between; the line
 * end itself goes, the white space stays. The last setting of a name counts. Values are not expanded here.
 */
import { Result, Schema } from "effect"
import * as ByteText from "./ByteText.ts"
import { isSpace, shown, skipSpace } from "./internal/characters.ts"
import { splitNameAndValue } from "./internal/nameAndValue.ts"

/**
 * One setting, with the line that its name stands on, counted from 1.
 *
 * @category models
 */
export interface Setting {
  readonly name: string
  readonly value: string
  readonly line: number
}

/**
 * Something that Postfix reads over, and that somebody should know of: a setting that a later one replaces, a first line that
 * continues nothing, text behind a NUL byte.
 *
 * @category models
 */
export interface Remark {
  readonly kind: "overridden" | "nothing to continue" | "text behind NUL"
  readonly line: number
  /** A whole sentence that names file and line. */
  readonly message: string
}

/**
 * The remarks on a file as lines for a log.
 *
 * @category models
 */
export const remarkLines = (configuration: MainConfiguration): ReadonlyArray<string> => {
  const { file, remarks, remarksLeftOut } = configuration
  const rest = remarksLeftOut === 0 ? [] : [`${file}: ${remarksLeftOut} more remarks of this kind are left out`]
  return [...remarks.map(({ message }) => message), ...rest]
}

/**
 * A configuration file as it was read: its settings in their order, those that were overridden included.
 *
 * @category models
 */
export interface MainConfiguration {
  readonly file: string
  readonly settings: ReadonlyArray<Setting>
  /** The first of them. */
  readonly remarks: ReadonlyArray<Remark>
  /** How many more there would be. */
  readonly remarksLeftOut: number
  /** The settings that count, by name. */
  readonly byName: ReadonlyMap<string, Setting>
}

/**
 * A line that is no setting.
 *
 * @category errors
 */
export class SettingMalformed extends Schema.TaggedError<SettingMalformed>()("SettingMalformed", {
  file: Schema.String,
  line: Schema.Number,
  missing: Schema.Literals(["name", "equals sign"]),
  found: Schema.String
}) {
  override get message(): string {
    const missing = this.missing === "name" ? "missing parameter name before '='" : "missing '=' after parameter name"
    return `${this.file}, line ${this.line}: ${missing}: "${shown(this.found)}": write name = value, and begin a line that continues another with a blank`
  }
}

/** Each remark becomes a line in the log: 175,000 settings of one name made 24 MB of them. */
const remarksMax = 20

interface LogicalLine {
  readonly line: number
  readonly text: string
}

/** A line of white space alone, or whose first other character is `#`. */
const isCommentOrBlank = (line: string): boolean => {
  const first = skipSpace(line, 0)
  return first === line.length || line[first] === "#"
}

const logicalLines = (text: string): ReadonlyArray<LogicalLine> => {
  const lines: Array<LogicalLine> = []
  let open: { line: number; parts: Array<string> } | undefined
  const close = () => {
    if (open !== undefined) lines.push({ line: open.line, text: open.parts.join("") })
  }
  for (const [index, line] of text.split("\n").entries()) {
    if (isCommentOrBlank(line)) continue
    if (open !== undefined && isSpace(line[0])) {
      open.parts.push(line)
      continue
    }
    close()
    open = { line: index + 1, parts: [line] }
  }
  close()
  return lines
}

/**
 * Reads a configuration file's bytes or text; `file` is what errors call it. Fails with `SettingMalformed` at the first line that
 * is no setting.
 *
 * @category decoding
 */
export const parse = (
  source: Uint8Array | string,
  options: { readonly file: string }
): Result.Result<MainConfiguration, SettingMalformed> => {
  const { file } = options
  const settings: Array<Setting> = []
  const remarks: Array<Remark> = []
  const byName = new Map<string, Setting>()
  let left = remarksMax
  const remark = (kind: Remark["kind"], line: number, text: string) => {
    if (left-- > 0) remarks.push({ kind, line, message: `${file}, line ${line}: ${text}` })
  }
  for (const { line, text: whole } of logicalLines(typeof source === "string" ? source : ByteText.decode(source))) {
    const nul = whole.indexOf("\0")
    const text = nul === -1 ? whole : whole.slice(0, nul)
    if (nul !== -1) remark("text behind NUL", line, "the text behind a NUL byte is ignored: remove the byte")
    if (isSpace(text[0])) {
      const ignored = `"${shown(text)}" continues nothing and is ignored: remove the white space before it`
      remark("nothing to continue", line, ignored)
      continue
    }
    const split = splitNameAndValue(text)
    if (split.missing !== undefined) {
      return Result.fail(new SettingMalformed({ file, line, missing: split.missing, found: text }))
    }
    const setting = { name: split.name, value: split.value, line }
    const earlier = byName.get(setting.name)
    if (earlier !== undefined) {
      const replaced = `replaces ${earlier.name} = ${shown(earlier.value)} of line ${earlier.line}: remove one of them`
      remark("overridden", line, replaced)
    }
    settings.push(setting)
    byName.set(setting.name, setting)
  }
  return Result.succeed({ file, settings, remarks, remarksLeftOut: Math.max(0, -left), byName })
}
