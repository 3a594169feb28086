/** Plots of a series of numbers: as text for a terminal, as SVG for a page. */

/** Numbers that were taken at equal distances. */
export interface Series {
  readonly name: string
  readonly values: ReadonlyArray<number>
}

const bars = "▁▂▃▄▅▆▇█"
const columnsMax = 100
const [width, height, edge] = [800, 160, 24]

/** As many values as there are columns at most: of each group the largest. */
const grouped = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const size = Math.ceil(values.length / columnsMax)
  const groups = Array.from({ length: Math.ceil(values.length / Math.max(1, size)) }, (_, index) =>
    values.slice(index * size, (index + 1) * size)
  )
  return groups.map((group) => Math.max(...group))
}

/** One line of bars, from 0 to the largest value. */
export const plot = ({ name, values }: Series): string => {
  const most = Math.max(1, ...values)
  const line = grouped(values).map((value) => bars[Math.min(7, Math.floor((value / most) * 8))] ?? " ")
  return `${name}, up to ${most}\n${line.join("")}`
}

/** A line in an SVG element of its own. */
export const svg = ({ name, values }: Series): string => {
  const most = Math.max(1, ...values)
  const points = values.map((value, index) => {
    const x = (index / Math.max(1, values.length - 1)) * width
    return `${x.toFixed(1)},${(edge + height * (1 - value / most)).toFixed(1)}`
  })
  const label = `<text x="4" y="16" font-family="sans-serif" font-size="14">${name}, up to ${most}</text>`
  const line = `<polyline fill="none" stroke="steelblue" stroke-width="1.5" points="${points.join(" ")}"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + edge + 4}">${label}${line}</svg>`
}
