import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  compareResults,
  renderComparisonPage,
  renderResultPage,
  renderStandardPage
} from "../../../src/report/index.ts"
import { makeResult, result, scache, scached, violated } from "../../result/fixture.ts"
import { Browser, chromiumPath } from "../../support/Browser.ts"

if (chromiumPath === undefined) console.log("skipped: the pages are not looked at in a browser: there is no chromium")

const stalled = {
  ...scached,
  name: "stalled",
  rounds: scached.rounds.map((round) => ({
    ...round,
    series: round.series.map((point) => ({ ...point, operations: 0, p50Nanos: null, p99Nanos: null }))
  }))
}

const pages: ReadonlyArray<readonly [name: string, page: string]> = [
  ["a result", renderResultPage(makeResult([scached, scache, stalled]))],
  [
    "an interrupted result",
    renderResultPage(makeResult([violated(scached)], { isComplete: false, interruptedInRound: 1 }))
  ],
  ["a standard comparison", renderStandardPage([result, makeResult([scache, scached])], ["About the targets."])],
  ["two runs", renderComparisonPage(compareResults(result, makeResult([scache, scached])))]
]

describe.skipIf(chromiumPath === undefined)("in a real browser", () => {
  const directory = mkdtempSync(join(tmpdir(), "scache-bench-test-"))
  let browser: Browser | undefined
  const open = (page: string, width: number, scheme: "light" | "dark") => {
    const file = join(directory, `${Bun.hash(page)}.html`)
    writeFileSync(file, page)
    if (browser === undefined) throw new Error("there is no browser")
    return browser.open(file, { width, scheme })
  }
  beforeAll(async () => {
    browser = chromiumPath === undefined ? undefined : await Browser.start(chromiumPath)
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(directory, { recursive: true })
  })

  for (const [name, page] of pages) {
    for (const width of [360, 1_400]) {
      for (const scheme of ["light", "dark"] as const) {
        test(`${name} of ${width} pixels, ${scheme}: all is drawn, nothing sticks out, and every link leads somewhere`, async () => {
          const { evaluate } = await open(page, width, scheme)
          const charts = page.split('class="chart"').length - 1
          expect(await evaluate(`document.querySelectorAll(".chart canvas").length`)).toBe(charts)
          expect(await evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0)
          expect(await evaluate(`getComputedStyle(document.body).backgroundColor`)).toBe(
            scheme === "dark" ? "rgb(20, 23, 27)" : "rgb(255, 255, 255)"
          )
          const broken = `[...document.querySelectorAll(".contents a")].filter((a) => document.getElementById(a.hash.slice(1)) === null).length`
          expect(await evaluate(broken)).toBe(0)
        })
      }
    }
  }

  test("the values of all targets are at the mouse, in their colours, and go away with it", async () => {
    const { evaluate, pointAt } = await open(pages[0]?.[1] ?? "", 1_400, "light")
    await evaluate(`document.querySelector("#throughput").scrollIntoView()`)
    const place = await evaluate(
      `(({ left, top, width, height }) => [left + width * 0.004, top + height / 2])(document.querySelector("#throughput .u-over").getBoundingClientRect())`
    )
    if (!Array.isArray(place)) throw new Error("there is no chart")
    await pointAt(place[0], place[1])
    const shown = `[...document.querySelectorAll("#throughput .tip div")].map((each) => each.textContent)`
    expect(await evaluate(shown)).toEqual(["second 0", "scached 131k", "scache 8.93k", "stalled no answer"])
    const colours = `[...document.querySelectorAll("#throughput .tip .swatch")].map((each) => getComputedStyle(each).backgroundColor)`
    expect(await evaluate(colours)).toEqual(["rgb(11, 98, 196)", "rgb(194, 87, 12)", "rgb(22, 128, 60)"])
    await pointAt(place[0], 5)
    expect(await evaluate(shown)).toEqual([])
  })
})
