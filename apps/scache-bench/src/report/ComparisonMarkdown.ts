import { formatMetric } from "../result/Metric.ts"
import { type Comparison, describeRun, type TargetComparison } from "./Comparison.ts"
import { describeChange, describeChangeRatio, howChangesAreTold } from "./ComparisonReport.ts"
import { escaped, row } from "./markdown.ts"

const targetTable = ({ name, metrics }: TargetComparison): ReadonlyArray<string> => [
  "",
  `### ${escaped(name)}`,
  "",
  row(["", "first", "second", "second/first", "change"]),
  "|---|--:|--:|--:|---|",
  ...metrics.map((each) =>
    row([
      each.metric.title,
      formatMetric(each.metric, each.before),
      formatMetric(each.metric, each.after),
      describeChangeRatio(each),
      each.change === "better" || each.change === "worse" ? `**${each.change}**` : describeChange(each)
    ])
  )
]

/** Two runs as Markdown: which they are, what differs beside the numbers, and a table for each target. */
export const renderComparisonMarkdown = ({ before, after, notes, targets }: Comparison): string =>
  [
    `- first: ${escaped(describeRun(before))}`,
    `- second: ${escaped(describeRun(after))}`,
    ...notes.map(({ isViolation, text }) => (isViolation ? `- **${escaped(text)}**` : `- ${escaped(text)}`)),
    ...(targets.length === 0 ? ["", "No target has the same name in both runs."] : targets.flatMap(targetTable)),
    "",
    `${howChangesAreTold}.`
  ].join("\n")
