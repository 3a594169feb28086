import fc from "fast-check"

const word = fc.constantFrom("a", "B", "0", "5", "12", "007", "x y", "ä", "-", ".", "1.5", "")
const name = fc.constantFrom("p0", "p1", "p2", "empty", "unknown", "five", "late")
const blanks = fc.constantFrom("", " ", "\t", "  ")
const operator = fc.constantFrom("==", "!=", "<", "<=", ">", ">=")

/** Values that can be expanded, nested at random. */
export const expression: fc.Arbitrary<string> = fc.letrec<{ text: string; piece: string }>((tie) => ({
  text: fc.array(tie("piece"), { maxLength: 3 }).map((pieces) => pieces.join("")),
  piece: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    word,
    name.map((each) => `\${${each}}`),
    name.map((each) => `$(${each})`),
    name.map((each) => `$${each} `),
    fc.constant("$$"),
    fc.tuple(name, fc.constantFrom("?", ":"), tie("text")).map(([each, mark, text]) => `\${${each}${mark}_${text}}`),
    fc
      .tuple(blanks, name, blanks, fc.constantFrom("?", ":"), blanks, tie("text"), blanks)
      .map(([a, each, b, mark, c, text, d]) => `\${${a}${each}${b}${mark}${c}{${text}}${d}}`),
    fc
      .tuple(name, blanks, tie("text"), blanks, tie("text"))
      .map(([each, a, yes, b, no]) => `\${${each}?${a}{${yes}}${b}:${a}{${no}}${b}}`),
    fc
      .tuple(tie("text"), blanks, operator, tie("text"), tie("text"), tie("text"))
      .map(([left, a, sign, right, yes, no]) => `\${{${left}}${a}${sign}${a}{${right}}${a}?${a}{${yes}}:{${no}}}`)
  )
})).text

const scraps = [
  "$",
  "$",
  "{",
  "}",
  "(",
  ")",
  "?",
  ":",
  "<",
  "=",
  "==",
  "!=",
  "level",
  " ",
  "a",
  "p0",
  "5",
  "$p1",
  "${p0"
]

/** Values of scraps, most of which cannot be expanded. */
export const scrap: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...scraps), { minLength: 1, maxLength: 9 })
  .map((parts) => parts.join(""))
