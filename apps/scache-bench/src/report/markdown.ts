/** Text that means nothing to Markdown, on one line. */
export const escaped = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`)
    .trim()

/** A row of a table. */
export const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
