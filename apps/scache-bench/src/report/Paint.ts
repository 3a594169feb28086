import { styleText } from "node:util"

/** Marks parts of a text for the eye. */
export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
}

const same = (text: string): string => text

/** Leaves the text as it is: for files and pipes. */
export const plainPaint: Paint = { good: same, bad: same, strong: same, faint: same }

// Whether the output takes colours is `paintFor`'s to decide.
const styled = (style: "green" | "red" | "bold" | "dim") => (text: string) =>
  styleText(style, text, { validateStream: false })

/** A terminal's colours. */
export const colouredPaint: Paint = {
  good: styled("green"),
  bad: styled("red"),
  strong: styled("bold"),
  faint: styled("dim")
}

/** Colours go to a terminal only, and never where NO_COLOR is set to anything (no-color.org), or the terminal is dumb. */
export const paintFor = (output: {
  readonly isTerminal: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}): Paint => {
  const { NO_COLOR: noColor = "", TERM: terminal = "" } = output.environment
  return output.isTerminal && noColor === "" && terminal !== "dumb" ? colouredPaint : plainPaint
}
