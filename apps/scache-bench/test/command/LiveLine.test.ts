import { expect, test } from "bun:test"
import { LiveLine } from "../../src/command/LiveLine.ts"
import { RoundRecord } from "../../src/load/RoundRecord.ts"
import type { Progress } from "../../src/load/runRound.ts"

const progressAt = (nowMillis: number): Progress => {
  const record = new RoundRecord(0, false, 10_000)
  for (let index = 0; index < 1_234; index++) record.record(0, true, 0, 10, 12)
  record.record(0, true, 0, 1_500, 1_501)
  return { stage: "measuring", record, nowMillis, leftMillis: 8_200, errors: 2 }
}

const write = (isTerminal: boolean, columns: number, times: ReadonlyArray<number>): string => {
  let text = ""
  const line = new LiveLine({
    isTerminal,
    columns,
    write: (more) => {
      text += more
    }
  })
  for (const millis of times) line.show("[1/3] scached", progressAt(millis))
  line.clear()
  return text
}

const shown = "[1/3] scached: measuring, 1,234/s, p50 2 ms, p99 2 ms, 2 errors, 9 s left"

test("elsewhere than on a terminal there is a line a second", () => {
  expect(write(false, 100, [0, 500, 999, 1_000, 1_900])).toBe(`${shown}\n${shown}\n`)
})

test("on a terminal the line is rewritten, cut to its width, and taken away at the end", () => {
  expect(write(true, 100, [0, 100])).toBe(`\r\u001b[K${shown}\r\u001b[K${shown}\r\u001b[K`)
  expect(write(true, 31, [0])).toBe(`\r\u001b[K${shown.slice(0, 30)}\r\u001b[K`)
})
