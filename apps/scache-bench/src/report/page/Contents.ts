import { html, Markup } from "./Markup.ts"

/** Stands where the contents shall be. */
export const contentsPlace = new Markup("<!--contents-->")

const heading = /<h2>(.*?)<\/h2>/g

const idOf = (title: string): string =>
  title
    .replace(/<[^>]*>|&[^;]*;/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")

/** Gives each heading of the second level an id, and puts a list of links to them where it belongs. */
export const withContents = (body: Markup): Markup => {
  const entries: Array<Markup> = []
  const ids = new Set<string>()
  const text = body.text.replace(heading, (_, title: string) => {
    const wanted = `to-${idOf(title)}`
    const id = ids.has(wanted) ? `${wanted}-${ids.size}` : wanted
    ids.add(id)
    entries.push(html`<li><a href="#${id}">${new Markup(title)}</a></li>`)
    return `<h2 id="${id}">${title}</h2>`
  })
  const contents = html`<nav class="contents" aria-label="Contents"><ul>${entries}</ul></nav>\n`
  // A function: in a string `$&` of a title would mean something.
  return new Markup(text.replace(contentsPlace.text, () => contents.text))
}
