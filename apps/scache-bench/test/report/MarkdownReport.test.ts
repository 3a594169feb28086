import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { markers, renderMarkdown, replaceBlock } from "../../src/report/MarkdownReport.ts"
import { makeResult, result, scached, settings, violated } from "../result/fixture.ts"

describe("results as Markdown", () => {
  test("are a table with date, machine, versions and ratios", () => {
    const other = makeResult([scached], { settings: { ...settings, clients: 1 }, date: "2026-02-01T00:00:00Z" })
    expect(renderMarkdown([result, other])).toBe(
      `**scached: 14.6x scache (14.5x to 14.6x in 3 rounds), the floor was not measured**

Measured on 2026-01-31, 2026-02-01: Imaginary 9000 @ 3 GHz, 2 cores, Linux 6.1.0, Bun 1.4.5, scache-bench 0.1.0.

| workload | target | ops/s | p50 | p99 | p99.9 | max | CPU/op | sw/op | RSS | errors | limit |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
| cycle, 16 clients, closed loop | scached | 135,327 | 80.3 µs | 134 µs | 7.31 ms | 24.6 ms | 7.04 µs | 0.03 | 64.1 MiB | 0 | server |
| cycle, 16 clients, closed loop | scache | 9,349 | 1.27 ms | 2.11 ms | 142 ms | 328 ms | 106 µs | 0.03 | 12.0 MiB | 0 | server |
| cycle, 1 client, closed loop | scached | 135,327 | 80.3 µs | 134 µs | 7.31 ms | 24.6 ms | 7.04 µs | 0.03 | 64.1 MiB | 0 | server |

ops/s, CPU and context switches (sw) an operation: median of the rounds; latency: of all rounds' operations together; RSS: the highest of any round.

- cycle, 16 clients, closed loop: scached / scache: 14.6x (14.5x to 14.6x in 3 rounds)

Versions: scached 0.1.0, scache Postfix 3.7.11.`
    )
  })

  test("say where an answer was wrong", () => {
    const text = renderMarkdown([makeResult([violated(scached)])])
    expect(text).toContain("- **VIOLATION** scached, round 2: label 10.0.0.1:25 gave the connection")
  })

  test("take no name for markup, not even a marker", () => {
    const evil = { ...scached, name: `a|b_<i>${markers.end}`, version: "1\n| 2 |" }
    const text = renderMarkdown([makeResult([evil])])
    expect(text).toContain("| a\\|b\\_\\<i\\>\\<!-- bench:end --\\> |")
    expect(text).toContain(" 1 \\| 2 \\|")
    expect(text).not.toContain(markers.end)
  })
})

describe("the block of a document", () => {
  const document = `# Performance\r\n\nbefore\n${markers.begin}\nold $1\n${markers.end}\nafter`

  test("is replaced, and all else stays to the byte", () => {
    const once = Result.getOrThrow(replaceBlock(document, "\nnew $& $1\n"))
    expect(once).toBe(`# Performance\r\n\nbefore\n${markers.begin}\nnew $& $1\n${markers.end}\nafter`)
    expect(Result.getOrThrow(replaceBlock(once, "new $& $1"))).toBe(once)
  })

  const faults: ReadonlyArray<readonly [name: string, text: string, reason: string]> = [
    ["no markers", "text", "0 begin and 0 end markers were found"],
    ["one marker", markers.begin, "1 begin and 0 end markers were found"],
    ["two blocks", `${document}${document}`, "2 begin and 2 end markers were found"],
    ["the wrong order", `${markers.end}${markers.begin}`, "the end marker stands before the begin marker"]
  ]
  for (const [name, text, reason] of faults) {
    test(`is missed where there is ${name}`, () => {
      const replaced = replaceBlock(text, "new")
      expect(Result.isFailure(replaced) && replaced.failure.message).toBe(
        `${reason}: the results stand between the lines ${markers.begin} and ${markers.end}, each there once and in this order`
      )
    })
  }
})
