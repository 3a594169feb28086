/**
 * The texts in a module: its string and template literals, without comments, regular expressions and imports.
 */

/** A text and where it begins. `…` stands for each value that is put in. */
export interface Literal {
  readonly text: string
  readonly line: number
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", 0: "\0" }

/** What a slash follows that begins a regular expression; after anything else it divides. */
const isBeforeExpression = (code: string): boolean => /(^|[(,=:[!&|?{};+\n]|=>|\breturn)\s*$/.test(code)

class Scanner {
  readonly found: Array<Literal> = []
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  /** Code up to the end of the text, or up to the brace that closes a value in a template. */
  code(isValue: boolean): void {
    let depth = 0
    while (this.#at < this.#source.length) {
      const rest = this.#source.slice(this.#at, this.#at + 2)
      const first = rest[0] ?? ""
      if (rest === "//") this.#skipTo("\n")
      else if (rest === "/*") this.#skipTo("*/")
      else if (first === "/" && isBeforeExpression(this.#source.slice(Math.max(0, this.#at - 20), this.#at))) {
        this.#expression()
      } else if (first === '"' || first === "'" || first === "`") this.#literal(first)
      else {
        if (first === "{") depth++
        if (first === "}" && depth-- === 0 && isValue) return
        this.#at++
      }
    }
  }

  #skipTo(end: string): void {
    const index = this.#source.indexOf(end, this.#at + 2)
    this.#at = index < 0 ? this.#source.length : index + end.length
  }

  #expression(): void {
    let isInClass = false
    for (this.#at++; this.#at < this.#source.length; this.#at++) {
      const character = this.#source[this.#at]
      if (character === "\\") this.#at++
      else if (character === "[") isInClass = true
      else if (character === "]") isInClass = false
      else if ((character === "/" && !isInClass) || character === "\n") break
    }
    this.#at++
  }

  #literal(quote: string): void {
    const begin = this.#at
    const index = this.found.length
    let text = ""
    for (this.#at++; this.#at < this.#source.length && this.#source[this.#at] !== quote; this.#at++) {
      const character = this.#source[this.#at] ?? ""
      if (character === "\\") {
        const escaped = this.#source[++this.#at] ?? ""
        text += escapes[escaped] ?? escaped
      } else if (quote === "`" && this.#source.startsWith("${", this.#at)) {
        this.#at += 2
        this.code(true)
        text += "…"
      } else text += character
    }
    this.#at++
    // Before those within its values, which were met meanwhile.
    this.found.splice(index, 0, { text, line: this.#source.slice(0, begin).split("\n").length })
  }
}

/** All literals in the order in which they begin. */
export const literalsOf = (source: string): ReadonlyArray<Literal> => {
  const scanner = new Scanner(source.replace(/^(import|export)\b[^;"]*?from "[^"]*"/gm, ""))
  scanner.code(false)
  return scanner.found
}
