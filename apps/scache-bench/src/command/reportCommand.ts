import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { compareResults, renderComparison, renderComparisonPage } from "../report/index.ts"
import { parseResult } from "../result/BenchmarkResult.ts"
import { outputPaint, print, readFile, writeFile } from "./outputs.ts"

const file = (name: string, description: string) => Argument.String(name).pipe(Argument.withDescription(description))

const read = Effect.fnUntraced(function* (path: string) {
  return yield* Effect.fromResult(parseResult(path, yield* readFile(path)))
})

/** `scache-bench report`. */
export const reportCommand = Command.make(
  "report",
  {
    before: file("before", "a file that run --json wrote"),
    after: file("after", "another one, to compare with it"),
    html: Flag.String("html").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("write a page as well"),
      Flag.optional
    )
  },
  Effect.fn("report")(function* ({ before, after, html }) {
    const comparison = compareResults(yield* read(before), yield* read(after))
    yield* print(renderComparison(comparison, outputPaint()))
    if (Option.isSome(html)) yield* writeFile(html.value, renderComparisonPage(comparison))
  })
).pipe(
  Command.withDescription(
    "Compare two results: each target and number of both, and what differs in how they were made."
  ),
  Command.withShortDescription("Compare two results"),
  Command.withExamples([
    { command: "scache-bench report before.json after.json --html change.html", description: "what a change has done" }
  ])
)
