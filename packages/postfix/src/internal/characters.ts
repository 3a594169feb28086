/** What C's isspace() takes in the POSIX locale. */
export const isSpace = (character: string | undefined): boolean =>
  character === " " || (character !== undefined && character >= "\t" && character <= "\r" && character.length === 1)

/** A text without the white space at its ends, as the POSIX locale sees it: a no-break space stays. */
export const trimSpace = (text: string): string => {
  let begin = 0
  let end = text.length
  while (begin < end && isSpace(text[begin])) begin++
  while (end > begin && isSpace(text[end - 1])) end--
  return text.slice(begin, end)
}

/** Where the first character from `at` on stands that is not white space. */
export const skipSpace = (text: string, at: number): number => {
  let index = at
  while (index < text.length && isSpace(text[index])) index++
  return index
}

const shownCharactersMax = 200

/** Foreign text, made safe for a message: control characters as `?`, cut after 200 characters. */
export const shown = (text: string): string => {
  const safe = text.replace(/[\x00-\x1f\x7f\udc80-\udcff]/g, "?")
  return safe.length > shownCharactersMax ? `${safe.slice(0, shownCharactersMax)}... (${safe.length} characters)` : safe
}
