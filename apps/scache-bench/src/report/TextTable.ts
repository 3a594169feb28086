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
  /** Columns of a line; the texts of the first column are cut for it, those of the others never. */
  readonly widthMax?: number
}

const gap = "  "

const graphemes = new Intl.Segmenter()

/** As many characters from the front as fit into so many columns. */
const fitting = (characters: ReadonlyArray<string>, columnsMax: number): ReadonlyArray<string> => {
  let columns = 0
  const end = characters.findIndex((character) => {
    columns += Bun.stringWidth(character)
    return columns > columnsMax
  })
  return end < 0 ? characters : characters.slice(0, end)
}

/** Cuts the middle out of a text that is too long, and shows that it did: names often differ in their ends. */
export const shorten = (text: string, columnsMax: number): string => {
  if (Bun.stringWidth(text) <= columnsMax) return text
  const characters = Array.from(graphemes.segment(text), ({ segment }) => segment)
  const front = fitting(characters, Math.ceil((columnsMax - 1) / 2))
  const back = fitting(characters.toReversed(), Math.floor((columnsMax - 1) / 2))
  return [...front, "…", ...back.toReversed()].join("")
}

/** Breaks a text between its words into lines of so many columns. */
export const wrap = (text: string, columnsMax: number): ReadonlyArray<string> =>
  Bun.wrapAnsi(text, columnsMax).split("\n")

/** Control characters of a name or a command would reach the terminal: they are shown instead. */
export const visible = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, "0")
    return `\\x${code}`
  })

/** A name cut to less says nothing. */
const firstWidthMin = 8

const widthsOf = ({ head, rows }: TextTable): ReadonlyArray<number> =>
  head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column]?.text ?? "")].map((text) => Bun.stringWidth(text)))
  )

/** The table with its first column cut to the room that the others leave. */
const fitted = (table: TextTable): TextTable => {
  const others = widthsOf(table).slice(1)
  const room = (table.widthMax ?? Number.POSITIVE_INFINITY) - others.reduce((sum, width) => sum + gap.length + width, 0)
  const columnsMax = Math.max(firstWidthMin, room)
  return {
    ...table,
    rows: table.rows.map(([first, ...rest]) =>
      first === undefined ? rest : [{ ...first, text: shorten(first.text, columnsMax) }, ...rest]
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
        const blanks = " ".repeat((widths[column] ?? 0) - Bun.stringWidth(text))
        const painted = paint === undefined ? text : paint(text)
        const side = table.align?.[column] ?? (column === 0 ? "left" : "right")
        return side === "left" ? painted + blanks : blanks + painted
      })
      .join(gap)
      .trimEnd()
  return [line(table.head.map((text) => ({ text }))), ...table.rows.map(line)]
}
