// Files that are imported as text, with { type: "text" }: the bundler puts them into the program.
declare module "uplot/dist/uPlot.iife.min.js" {
  const text: string
  export default text
}
declare module "uplot/dist/uPlot.min.css" {
  const text: string
  export default text
}
declare module "uplot/LICENSE" {
  const text: string
  export default text
}
declare module "*/charts.js" {
  const text: string
  export default text
}
declare module "*/page.css" {
  const text: string
  export default text
}
