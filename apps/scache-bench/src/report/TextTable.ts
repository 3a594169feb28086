/** A cell: what it says, and how it looks once its width is known. */
export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
}

/** One table of text. */
export interface TextTable {
  readonly head: ReadonlyArray<string>
  /** Of each column; the first one is left where it says nothing. */
  readonly align?: ReadonlyArray<"left" | "right">
  readonly rows: ReadonlyArray<ReadonlyArray<Cell>>
  /** Characters of a line; the texts of the first column are cut for it, those of the others never. */
  readonly widthMax?: number
}

const gap = "  "

/** Cuts the middle out of a text that is too long, and shows that it did: names often differ in their ends. */
export const shorten = (text: string, lengthMax: number): string => {
  if (text.length <= lengthMax) return text
  const kept = lengthMax - 1
  return `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`
}

/** Breaks a text between its words into lines of that length. */
export const wrap = (text: string, lengthMax: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > lengthMax) {
      lines.push(line)
      line = word
    } else line = line === "" ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Control characters of a name or a command would reach the terminal: they are shown instead. */
export const visible = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0")
    return `\\x${code}`
  })

/** A name cut to less says nothing. */
const firstWidthMin = 8

const widthsOf = ({ head, rows }: TextTable): ReadonlyArray<number> =>
  head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column]?.text ?? "").length)))

/** The table with its first column cut to the room that the others leave. */
const fitted = (table: TextTable): TextTable => {
  const others = widthsOf(table).slice(1)
  const room = (table.widthMax ?? Number.POSITIVE_INFINITY) - others.reduce((sum, width) => sum + gap.length + width, 0)
  const lengthMax = Math.max(firstWidthMin, room)
  return {
    ...table,
    rows: table.rows.map(([first, ...rest]) =>
      first === undefined ? rest : [{ ...first, text: shorten(first.text, lengthMax) }, ...rest]
    )
  }
}

/** Lines of aligned columns: names to the left, numbers to the right. */
export const renderTextTable = (given: TextTable): ReadonlyArray<string> => {
  const table = fitted(given)
  const widths = widthsOf(table)
  const line = (cells: ReadonlyArray<Cell>): string =>
    cells
      .map(({ text, paint }, column) => {
        const blanks = " ".repeat((widths[column] ?? 0) - text.length)
        const painted = paint === undefined ? text : paint(text)
        const side = table.align?.[column] ?? (column === 0 ? "left" : "right")
        return side === "left" ? painted + blanks : blanks + painted
      })
      .join(gap)
      .trimEnd()
  return [line(table.head.map((text) => ({ text }))), ...table.rows.map(line)]
}
