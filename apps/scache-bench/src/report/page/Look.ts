/** How a target looks everywhere on a page: the number of its colour, and that of its line's dashes for eyes that see no colours. */
export interface Look {
  readonly colour: number
  readonly dash: number
}

/** The look of a target by its name. */
export type Looks = (name: string) => Look

/** Colours that the style has; they repeat after so many targets. */
export const coloursMax = 10

/** One look for each name, in the order in which the names come first. */
export const looksOf = (names: Iterable<string>): Looks => {
  const places = new Map([...new Set(names)].map((name, place) => [name, place]))
  return (name) => {
    const place = places.get(name) ?? 0
    return { colour: place % coloursMax, dash: place }
  }
}
