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
 * Something that Postfix ignores, and that an operator should know: a setting that a later one replaces, a first line that
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

/** A logical line that others may still continue. */
interface OpenLine {
  readonly line: number
  readonly parts: Array<string>
}

/** A line of white space alone, or whose first other character is `#`. */
const isCommentOrBlank = (line: string): boolean => {
  const first = skipSpace(line, 0)
  return first === line.length || line[first] === "#"
}

/** Text that is decoded at once: a file that is all invalid takes 1 µs a byte. */
const chunkBytesMax = 16_384
const lineEnd = 10

/** The text of a file in pieces that end behind a line end, or with the file. */
function* chunksOf(source: Uint8Array | string): Generator<string> {
  const bytes = typeof source === "string" ? ByteText.encode(source) : source
  for (let begin = 0; begin < bytes.length; ) {
    const found = bytes.indexOf(lineEnd, Math.min(bytes.length, begin + chunkBytesMax) - 1)
    const end = found < 0 ? bytes.length : found + 1
    yield ByteText.decode(bytes.subarray(begin, end))
    begin = end
  }
}

/** Reads logical lines, one after the other. */
class Reading {
  readonly #file: string
  readonly #settings: Array<Setting> = []
  readonly #remarks: Array<Remark> = []
  readonly #byName = new Map<string, Setting>()
  #left = remarksMax

  constructor(file: string) {
    this.#file = file
  }

  get configuration(): MainConfiguration {
    return {
      file: this.#file,
      settings: this.#settings,
      remarks: this.#remarks,
      remarksLeftOut: Math.max(0, -this.#left),
      byName: this.#byName
    }
  }

  take({ line, parts }: OpenLine): SettingMalformed | undefined {
    const whole = parts.length === 1 ? (parts[0] ?? "") : parts.join("")
    const nul = whole.indexOf("\0")
    const text = nul === -1 ? whole : whole.slice(0, nul)
    if (nul !== -1) this.#remark("text behind NUL", line, "the text behind a NUL byte is ignored: remove the byte")
    if (isSpace(text[0])) {
      const ignored = `"${shown(text)}" continues nothing and is ignored: remove the white space before it`
      return this.#remark("nothing to continue", line, ignored)
    }
    const split = splitNameAndValue(text)
    if (split.missing !== undefined) {
      return new SettingMalformed({ file: this.#file, line, missing: split.missing, found: text })
    }
    const setting = { name: split.name, value: split.value, line }
    const earlier = this.#byName.get(setting.name)
    if (earlier !== undefined) {
      const replaced = `replaces ${earlier.name} = ${shown(earlier.value)} of line ${earlier.line}: remove one of them`
      this.#remark("overridden", line, replaced)
    }
    this.#settings.push(setting)
    this.#byName.set(setting.name, setting)
    return undefined
  }

  #remark(kind: Remark["kind"], line: number, text: string): undefined {
    if (this.#left-- > 0) this.#remarks.push({ kind, line, message: `${this.#file}, line ${line}: ${text}` })
  }
}

/**
 * The same as `parse` in steps of some 16 KiB: a server continues between serving its clients. A megabyte at once took 100 ms.
 *
 * @category decoding
 */
export function* parseInSteps(
  source: Uint8Array | string,
  options: { readonly file: string }
): Generator<void, Result.Result<MainConfiguration, SettingMalformed>, void> {
  const reading = new Reading(options.file)
  let open: OpenLine | undefined
  let number = 0
  for (const chunk of chunksOf(source)) {
    for (let begin = 0; begin < chunk.length; ) {
      const found = chunk.indexOf("\n", begin)
      const end = found < 0 ? chunk.length : found
      const line = chunk.slice(begin, end)
      begin = end + 1
      number++
      if (isCommentOrBlank(line)) continue
      if (open !== undefined && isSpace(line[0])) {
        open.parts.push(line)
        continue
      }
      const malformed = open === undefined ? undefined : reading.take(open)
      if (malformed !== undefined) return Result.fail(malformed)
      open = { line: number, parts: [line] }
    }
    yield
  }
  const malformed = open === undefined ? undefined : reading.take(open)
  return malformed === undefined ? Result.succeed(reading.configuration) : Result.fail(malformed)
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
  const steps = parseInSteps(source, options)
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value
}
