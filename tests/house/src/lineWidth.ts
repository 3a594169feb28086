/** The columns that a line of prose may have: of Markdown, and of a comment. Biome breaks code, and neither of these. */
export const columnsMax = 150

/** A line that is too long, by its number from 1. */
export interface LongLine {
  readonly line: number
  readonly columns: number
}

const longLines = (text: string, isProse: (line: string) => boolean): ReadonlyArray<LongLine> =>
  text
    .split("\n")
    .flatMap((content, index) =>
      isProse(content) && content.length > columnsMax ? [{ line: index + 1, columns: content.length }] : []
    )

/** The long lines of a Markdown document. Tables, code and HTML cannot be broken, nor can a line without a space. */
export const longProse = (markdown: string): ReadonlyArray<LongLine> => {
  let isInCode = false
  return longLines(markdown, (line) => {
    const isFence = /^\s*```/.test(line)
    if (isFence) isInCode = !isInCode
    return !isFence && !isInCode && !/^(\||#| {4}\S|<)/.test(line) && line.trim().includes(" ")
  })
}

/** The long lines of a module's comments, those behind code left out. */
export const longComments = (module: string): ReadonlyArray<LongLine> =>
  longLines(module, (line) => /^\s*(\*|\/\/|\/\*)/.test(line) && !/biome-ignore/.test(line))
