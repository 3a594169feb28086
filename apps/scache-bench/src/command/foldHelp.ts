/** A terminal's columns, and those of a mail in which a help text is quoted. */
const columnsMax = 80

/** Where the description of a flag begins: behind two blanks or more. */
const described = /^( *(?:\S| (?! ))+ {2,})(\S.*)$/

/** The words of a command line, with what is quoted kept together, and a flag with its value. */
const wordsOf = (command: string): ReadonlyArray<string> => command.match(/(?:--[\w-]+ (?!--))?(?:'[^']*'|\S)+/g) ?? []

/** A command that does not fit goes on behind a backslash, so that it can still be pasted. */
const foldCommand = (line: string): string => {
  const indent = line.slice(0, line.length - line.trimStart().length)
  const lines: Array<string> = []
  let current = indent
  for (const word of wordsOf(line)) {
    const isFirst = current.trim() === ""
    if (!isFirst && current.length + 1 + word.length + 2 > columnsMax) {
      lines.push(`${current} \\`)
      current = `${indent}    ${word}`
    } else current = isFirst ? current + word : `${current} ${word}`
  }
  return [...lines, current].join("\n")
}

const foldLine = (line: string): string => {
  if (Bun.stringWidth(line) <= columnsMax) return line
  if (/^\s*scache-bench /.test(line)) return foldCommand(line)
  const [, head = "  ", text = line.trim()] = described.exec(line) ?? []
  const column = Bun.stringWidth(head)
  const [first = "", ...rest] = Bun.wrapAnsi(text, columnsMax - column).split("\n")
  return [head + first, ...rest.map((each) => " ".repeat(column) + each)].join("\n")
}

/** A help text with no line beyond 80 columns: descriptions stay in their column. */
export const foldHelp = (text: string): string => text.split("\n").map(foldLine).join("\n")
