import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { compareResults } from "../../../src/report/Comparison.ts"
import { renderComparisonPage } from "../../../src/report/page/ComparisonPage.ts"
import { lineChartsOf } from "../../../src/report/page/LineChart.ts"
import { looksOf } from "../../../src/report/page/Look.ts"
import { escapeText, html, jsonForScript, Markup } from "../../../src/report/page/Markup.ts"
import { renderResultPage } from "../../../src/report/page/ResultPage.ts"
import { renderStandardPage } from "../../../src/report/page/StandardPage.ts"
import type { Target } from "../../../src/result/BenchmarkResult.ts"
import { LatencyHistogram } from "../../../src/result/LatencyHistogram.ts"
import { judge } from "../../../src/threshold/judge.ts"
import { parseThreshold } from "../../../src/threshold/parseThreshold.ts"
import { makeResult, result, scache, scached, settings, violated } from "../../result/fixture.ts"

/** The page as a browser sees it, without its scripts and styles: what a reader reads. */
const readable = (page: string): string =>
  page
    .replace(/<(style|script)\b[^>]*>[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")

const dataOf = (page: string): unknown => {
  const text = /<script type="application\/json" id="charts">([\s\S]*?)<\/script>/.exec(page)?.[1]
  return text === undefined ? undefined : JSON.parse(text)
}

describe("templates", () => {
  test("escape what is put into them, but for markup", () => {
    const name = `<b a="x">&'`
    expect(html`<i title="${name}">${name}${html`<br>`}${[html`1`, html`2`]}${3}</i>`.text).toBe(
      '<i title="&lt;b a=&quot;x&quot;&gt;&amp;&#x27;">&lt;b a=&quot;x&quot;&gt;&amp;&#x27;<br>123</i>'
    )
    expect(escapeText("a\u0000b")).toBe("a\\x00b")
    expect(html`${new Markup("<hr>")}`.text).toBe("<hr>")
  })

  test("let no value end the script that it is read by", () => {
    const value = { name: "</script><!--\u2028" }
    const text = jsonForScript(value).text
    expect(text).not.toContain("<")
    expect(text).not.toContain("\u2028")
    expect(JSON.parse(text)).toEqual(value)
  })
})

describe("a result's page", () => {
  const page = renderResultPage(result)

  test("asks the network for nothing, and may not", () => {
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`)
    expect(page).not.toMatch(/\s(?:src|action|poster|href)\s*=\s*["'](?!#)/i)
    expect(page).not.toMatch(/@import|url\(|<link|<img|<iframe/i)
  })

  test("holds uPlot with its licence, each element ended once", () => {
    expect(page).toContain("var uPlot=")
    expect(page).toContain("Permission is hereby granted")
    expect(page.match(/<script\b/g)).toHaveLength(3)
    expect(page.match(/<\/script>/g)).toHaveLength(3)
    expect(page).toEndWith("</body></html>\n")
  })

  test("says in text what the pictures show", () => {
    const text = readable(page)
    for (const each of [
      "scached 135,327 80.3 µs 118 µs 134 µs 7.31 ms 24.6 ms 7.04 µs 0.03 64.1 MiB 6.40 µs 0 server",
      "scached / scache: 14.6x (14.5x to 14.6x in 3 rounds)",
      "scache: 812,345 descriptors and 2,436,901 replies checked, nothing wrong",
      "scached 7.04 µs (6.90 µs to 7.18 µs)",
      "scache, peak 12.0 MiB",
      "p99.9 7.31 ms 142 ms",
      "popularity zipf 1.1",
      "seed 24022024",
      "scache postfix Postfix 3.7.11 /usr/lib/postfix/sbin/scache"
    ]) {
      expect(text).toContain(each)
    }
    const labels = [...page.matchAll(/role="img" aria-label="([^"]+)"/g)].map((match) => match[1])
    expect(labels).toHaveLength(3)
    for (const label of labels) expect(label).toContain("Lines: scached, scache.")
  })

  test("gives its charts the data of all targets", () => {
    expect(dataOf(page)).toEqual(
      JSON.parse(JSON.stringify(lineChartsOf(result.targets, looksOf(["scached", "scache"]))))
    )
  })

  test("has no box of wrong answers while there are none, and a red one first when there are", () => {
    expect(page).not.toContain('class="violations"')
    const bad = renderResultPage(makeResult([violated(scached), scache]))
    expect(bad.indexOf('<section class="violations" role="alert">')).toBeGreaterThan(0)
    expect(bad.indexOf('class="violations" role')).toBeLessThan(bad.indexOf("<table>"))
    expect(readable(bad)).toContain("scached, round 2: label 10.0.0.1:25 gave the connection")
    expect(bad).toContain("&lt;b&gt;10.0.0.3:25&lt;/b&gt;")
    expect(bad).toContain('<li class="bad">scached: 812,345 descriptors')
  })

  test("begins with a headline and contents that lead to every section", () => {
    expect(page).toContain(
      '<p class="headline">scached: 135,327 operations a second, p50 80.3 µs, p99 134 µs; 14.6x scache (14.5x to 14.6x in 3 rounds)</p>'
    )
    const titles = [...page.matchAll(/<h2 id="([^"]+)">([^<]*)<\/h2>/g)].map(([, id, title]) => `${id} ${title}`)
    const links = [...page.matchAll(/<li><a href="#([^"]+)">([^<]*)<\/a><\/li>/g)].map(
      ([, id, title]) => `${id} ${title}`
    )
    expect(links.length).toBeGreaterThan(7)
    expect(links).toEqual(titles)
    expect(page).not.toContain("<h2>")
  })

  test("has the command that repeats the run, as a shell reads it", () => {
    expect(readable(page)).toContain(
      "Repeat it scache-bench run --target &#x27;scached=spawn:dist/scached serve --socket {socket}&#x27; --postfix"
    )
  })

  test("says what is missing of an interrupted run, and of one whose target was lost", () => {
    const lost = { ...scached, lost: { round: 2, reason: "the program has ended with SIGKILL" } }
    const partial = renderResultPage(makeResult([lost], { isComplete: false, interruptedInRound: 1 }))
    expect(readable(partial)).toContain(
      "INCOMPLETE: interrupted in round 2 of 3; only finished rounds count scached: LOST in round 3: the program has ended with SIGKILL"
    )
    expect(page).not.toContain('class="incomplete"')
  })

  test("lists verdicts", () => {
    const verdicts = judge(Result.getOrThrow(parseThreshold("p99<2ms")), result.targets)
    const judged = renderResultPage(result, verdicts)
    expect(judged).toContain('<li class="good">passed  p99&lt;2ms: p99(scached) is 134 µs</li>')
    expect(judged).toContain('<li class="bad">MISSED  p99&lt;2ms: p99(scache) is 2.11 ms</li>')
  })

  test("takes no name, command, version or parameter for markup", () => {
    const evil = "</script><script>alert(1)</script>"
    const name = "</script><script>alert1/script".replace(/[<>]/g, "&")
    const target: Target = { ...scached, name, command: evil, version: evil }
    const changedSettings = { ...settings, workload: { name: evil, parameters: { [evil]: evil } } }
    const machine = { ...result.machine, cpu: evil }
    const text = renderResultPage(makeResult([target], { settings: changedSettings, machine, date: evil }))
    expect(text).not.toContain("<script>alert")
    expect(text.match(/<script\b/g)).toHaveLength(3)
    expect(text).toContain("&amp;/script&amp;")
  })

  test("of rounds without a whole second has no empty charts", () => {
    const short = { ...scached, rounds: scached.rounds.map((round) => ({ ...round, series: [] })) }
    const charts = dataOf(renderResultPage(makeResult([short])))
    expect(charts).toMatchObject([{ id: "latency" }])
  })
})

describe("line charts", () => {
  const round = (rates: ReadonlyArray<number>) => ({
    series: rates.map((operations, second) => ({ second, operations, p50Nanos: 1, p99Nanos: operations }))
  })
  const target = (name: string, rounds: ReadonlyArray<ReadonlyArray<number>>): Target => ({
    ...scached,
    name,
    rounds: rounds.flatMap((rates, index) => {
      const template = scached.rounds[index]
      return template === undefined ? [] : [{ ...template, ...round(rates) }]
    })
  })

  test("have the rounds one behind another, with a gap between them and at what is missing", () => {
    const [throughput] = lineChartsOf([target("a", [[1, 2], [3]]), target("b", [[4], [5, 6]])], looksOf(["a", "b"]))
    expect(throughput?.x).toEqual([0, 1, 2, 3, 4])
    expect(throughput?.series).toEqual([
      { name: "a", values: [1, 2, null, 3, null], colour: 0, dash: 0 },
      { name: "b", values: [4, null, null, 5, 6], colour: 1, dash: 1 }
    ])
    expect(throughput?.table).toEqual({
      head: ["second", "a", "b"],
      rows: [
        ["0", "1", "4"],
        ["1", "2", "–"],
        ["3", "3", "5"],
        ["4", "–", "6"]
      ]
    })
  })

  test("break at a second without an answer, in throughput and latency alike", () => {
    const [throughput] = lineChartsOf([target("a", [[5, 0, 7]])], looksOf(["a"]))
    expect(throughput?.series[0]?.values).toEqual([5, null, 7])
    expect(throughput?.table.rows[1]).toEqual(["1", "–"])
  })

  test("leave out times of 0, which a logarithmic scale has no place for", () => {
    const p99 = lineChartsOf([target("a", [[0, 7]])], looksOf(["a", "b"])).find(({ id }) => id === "p99")
    expect(p99?.series[0]?.values).toEqual([null, 7])
  })

  test("of latency end where the operations of a target do", () => {
    const latency = lineChartsOf([scached, scache], looksOf(["a", "b"])).find(({ id }) => id === "latency")
    const lengths = latency?.series.map(({ values }) => values.filter((value) => value !== null).length)
    const counts = [scached, scache].map(({ rounds }) =>
      rounds.reduce((sum, { serviceTime }) => sum + serviceTime.count, 0)
    )
    expect(lengths).toEqual(counts.map((count) => Math.ceil(10 * Math.log10(count))))
    expect(latency?.x).toHaveLength(Math.max(...(lengths ?? [])))
  })

  test("tell in their table no percentile that the operations are too few for", () => {
    const serviceTime = LatencyHistogram.empty()
    serviceTime.recordNanos(5, 1_000)
    const few = { ...scached, rounds: scached.rounds.slice(0, 1).map((each) => ({ ...each, serviceTime })) }
    const rows = lineChartsOf([few], looksOf(["a", "b"])).find(({ id }) => id === "latency")?.table.rows
    expect(rows?.map(([percentile, value]) => `${percentile} ${value}`)).toEqual([
      "p50 5 ns",
      "p90 5 ns",
      "p99 5 ns",
      "p99.9 5 ns",
      "p99.99 –",
      "p99.999 –",
      "max 5 ns"
    ])
  })
})

describe("a target's colour", () => {
  const coloursIn = (page: string, name: string) => [
    ...new Set(
      [...page.matchAll(new RegExp(`colour-(\\d+)" aria-hidden="true"></span>${name}<`, "g"))].map(([, each]) => each)
    )
  ]

  test("is the same in every comparison of a page, wherever the target stands in it", () => {
    const page = renderStandardPage([makeResult([scache, scached]), makeResult([scached])])
    expect(coloursIn(page, "scached")).toEqual(["1"])
    expect(dataOf(page)).toMatchObject([
      {
        series: [
          { name: "scache", colour: 0 },
          { name: "scached", colour: 1 }
        ]
      },
      {},
      { series: [{ name: "scached", colour: 1 }] },
      {}
    ])
    expect(page).toContain('title="scached: 135,327 (134,490 to 136,974)"')
  })

  test("is the same in both runs of a comparison, and the second has dashes", () => {
    const page = renderComparisonPage(compareResults(makeResult([scached, scache]), makeResult([scache, scached])))
    const looks = [
      { name: "first: scached", colour: 0, dash: 0 },
      { name: "first: scache", colour: 1, dash: 0 },
      { name: "second: scache", colour: 1, dash: 1 },
      { name: "second: scached", colour: 0, dash: 1 }
    ]
    expect(dataOf(page)).toMatchObject([{ series: looks }, {}, {}])
    expect(page).toContain(
      '<p class="headline">scached: 1.00x the throughput (none); scache: 1.00x the throughput (none)</p>'
    )
  })

  test("is there for each of ten targets", () => {
    const names = Array.from({ length: 10 }, (_, index) => `t${index}`)
    const looks = looksOf(names)
    expect(new Set(names.map((name) => looks(name).colour)).size).toBe(10)
    const page = renderResultPage(result)
    for (const { colour } of names.map(looks)) expect(page.split(`--colour-${colour}:`)).toHaveLength(3)
  })
})

test("two runs' page has a table for each target, the notes, and the lines of both runs", () => {
  const after = makeResult([{ ...violated(scached), version: "0.2.0" }])
  const page = renderComparisonPage(compareResults(makeResult([scached, scache]), after))
  const text = readable(page)
  expect(text).toContain("target scached differs: version was 0.1.0, is 0.2.0")
  expect(text).toContain("target scache is only in the first run")
  expect(text).toContain("ops/s 135,327 135,327 1.00x none")
  expect(page).toContain('<li class="wrap bad">VIOLATIONS in the second run: scached, 3 in all</li>')
  const names = ["first: scached", "first: scache", "second: scached"]
  expect(dataOf(page)).toMatchObject([{ series: names.map((name) => ({ name })) }, {}, {}])
})

describe("the page of several results", () => {
  const alone = makeResult([scached], { settings: { ...settings, clients: 1 } })
  const command = ["scache-bench", "standard", "--seconds", "3"]
  const page = renderStandardPage([{ ...result, command }, alone], ["scache is <Postfix's> own."])
  const text = readable(page)

  test("has pictures of all of them, then each, and the settings once", () => {
    for (const each of [
      "scache is &lt;Postfix&#x27;s&gt; own.",
      "cycle, 16 clients, closed loop cycle, 1 client, closed loop scached / scache 14.6x (14.5x to 14.6x) –",
      "cycle, 1 client, closed loop scached 135,327 (134,490 to 136,974)",
      "scache: 812,345 descriptors and 2,436,901 replies checked, nothing wrong",
      "load 16 clients, closed loop; 1 client, closed loop",
      "scached: 0.1.0, scache: Postfix 3.7.11"
    ]) {
      expect(text).toContain(each)
    }
    expect(text.match(/seed 24022024/g)).toHaveLength(1)
  })

  test("has each pair of targets once, whoever was ahead in which of them", () => {
    const [ratio] = result.ratios
    if (ratio === undefined) throw new Error("the fixture has a ratio")
    const behind = { ...ratio, numerator: "scache", denominator: "scached", perRound: [1.25, 2], median: 1.6 }
    const both = readable(renderStandardPage([{ ...result, ratios: [behind] }, result]))
    expect(both).toContain("scached / scache 0.65x (0.50x to 0.80x) 14.6x")
    expect(both).not.toContain("scache / scached")
  })

  test("gives each chart a place of its own", () => {
    const ids = ["throughput-1", "latency-1", "throughput-2", "latency-2"]
    expect(dataOf(page)).toMatchObject(ids.map((id) => ({ id })))
    for (const id of ids) expect(page.split(`id="${id}"`)).toHaveLength(2)
  })

  test("names no path and no command, asks the network for nothing, and is small", () => {
    for (const { command } of result.targets) expect(page).not.toContain(command)
    expect(text).not.toMatch(/\/(usr|tmp|home|root|work|run)\//)
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"`)
    expect(page).not.toMatch(/\s(?:src|action|poster|href)\s*=\s*["'](?!#)/i)
    expect(page.length).toBeLessThan(300_000)
    // Biome reads it only there; what stands before the document type is nothing to a browser if it is a comment.
    expect(page).toStartWith("<!-- biome-ignore-all lint: generated -->\n<!doctype html>\n")
  })

  test("has a red box first when an answer was wrong", () => {
    const bad = renderStandardPage([result, makeResult([violated(scached)])])
    expect(bad.indexOf('<section class="violations" role="alert">')).toBeLessThan(bad.indexOf("<table>"))
    expect(readable(bad)).toContain("scached, round 2: label 10.0.0.1:25 gave the connection")
    expect(page).not.toContain('class="violations"')
  })
})
