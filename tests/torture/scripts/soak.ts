/**
 * Delivers mail with a private Postfix whose cache is scached, while scached, its clients and the destination are disturbed.
 *
 *     bun run soak [--minutes 5] [--seed N] [--program PATH] [--html FILE] [--write]
 *
 * As root, where Postfix and cc are installed. Exit code 1 when a mail was lost or came twice, or descriptors or memory were.
 */
import { writeFileSync } from "node:fs"
import { KernelSystemCalls } from "@scached/fdpass"
import { PostfixTools } from "@scached/interop"
import { Effect, Layer } from "effect"
import { positive, readOptions } from "../src/arguments.ts"
import { table, writeBlock } from "../src/Blocks.ts"
import { plot, svg } from "../src/Plot.ts"
import { run } from "../src/Soak.ts"
import { faultKinds } from "../src/SoakFaults.ts"
import { courseOf, failuresOf } from "../src/SoakReport.ts"

const { value, has } = readOptions(["minutes", "seed", "program", "html"], ["write"])
const minutes = positive("minutes", value("minutes"), 5)
const seed = Math.trunc(positive("seed", value("seed"), 1))
const laboratory = PostfixTools.PostfixTools.layer.pipe(Layer.provideMerge(KernelSystemCalls.layer))
const soak = run({
  seconds: minutes * 60,
  seed,
  program: value("program"),
  onSample: ({ second, delivered, descriptors, clients, cached, residentKib }) => {
    const held = `${descriptors} descriptors (${clients} clients, ${cached} cached)`
    if (second % 10 === 0) console.log(`${second} s: ${delivered} mails, ${held}, ${residentKib} KiB`)
  }
})
const report = await Effect.runPromise(Effect.scoped(soak).pipe(Effect.provide(laboratory)))
const failures = failuresOf(report)
const course = courseOf(report)
const inMegabytes = (kib: number) => Math.round(kib / 1024)

const text = table(
  ["what", "count"],
  [
    ["mails accepted", report.accepted],
    ["mails at the destination", report.delivered],
    ["lost", report.lost],
    ["still in a queue of Postfix when nothing moved any more", report.stuck.length],
    ["delivered twice", report.unexplainedCopies],
    [
      "delivered twice where the destination stopped right behind its reply (SMTP permits that)",
      report.explainedCopies
    ],
    ["deliveries over a connection that was used before", report.reused],
    ["complaints of scached that it had no descriptor left", report.descriptorWants],
    ...faultKinds.map((kind) => [kind, report.faults.get(kind) ?? 0]),
    ["descriptors of scached under load that nothing explains", report.unexplained.length],
    ["the last scached: descriptors under load, medians of three parts of the time", course.descriptors.join(", ")],
    ["of them, besides its own, open for more than 10 seconds", course.lasting.join(", ")],
    ["its memory in the three parts, MB", course.residentKib.map(inMegabytes).join(", ")],
    [
      "its own descriptors, and all that it had open at rest",
      `${report.descriptorsBefore}, ${report.descriptorsAfter}`
    ],
    ["most memory that scached had resident, MB", inMegabytes(report.residentKibMax)]
  ]
)
const series = [
  { name: "mails", values: report.samples.map(({ delivered }) => delivered) },
  { name: "descriptors of scached", values: report.samples.map(({ descriptors }) => descriptors) },
  { name: "of them clients", values: report.samples.map(({ clients }) => clients) },
  { name: "of them cached", values: report.samples.map(({ cached }) => cached) },
  { name: "its memory, MB", values: report.samples.map(({ residentKib }) => inMegabytes(residentKib)) }
]
console.log(`\n${text}`)
for (const each of series) console.log(plot(each))
const html = value("html")
if (html !== undefined)
  writeFileSync(html, `<!doctype html>\n<title>soak, seed ${seed}</title>\n${series.map(svg).join("\n")}\n`)
for (const failure of failures) console.log(`FAILED: ${failure}`)
if (failures.length === 0 && has("write")) writeBlock("soak", `\n${minutes} minutes, seed ${seed}:\n\n${text}\n`)
process.exit(failures.length === 0 ? 0 : 1)
