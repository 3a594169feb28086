/**
 * Everything that can be made of results: text for a terminal, pages, Markdown. All of it is pure.
 */
export { type Comparison, compareResults } from "./Comparison.ts"
export { renderComparisonMarkdown } from "./ComparisonMarkdown.ts"
export { renderComparison } from "./ComparisonReport.ts"
export { describeHeadline, headlineNames, headlineOf } from "./Headline.ts"
export { MarkersMissing, renderMarkdown, renderVerdictList, replaceBlock } from "./MarkdownReport.ts"
export { colouredPaint, type Paint, paintFor, plainPaint } from "./Paint.ts"
export { renderComparisonPage } from "./page/ComparisonPage.ts"
export { renderResultPage } from "./page/ResultPage.ts"
export { renderStandardPage } from "./page/StandardPage.ts"
export { renderStandardReport } from "./StandardReport.ts"
export { renderTerminalReport, renderVerdicts } from "./TerminalReport.ts"
