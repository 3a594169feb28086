import { describe, expect, test } from "bun:test"
import { LineWriter } from "../src/command/LineWriter.ts"

/** An output that keeps every write until it is told to let it go. */
class StuckOutput {
  readonly texts: Array<string> = []
  #waiting: Array<(error?: Error | null) => void> = []

  write(text: string, onWritten: (error?: Error | null) => void): void {
    this.texts.push(text)
    this.#waiting.push(onWritten)
  }

  release(error?: Error): void {
    for (const onWritten of this.#waiting.splice(0)) onWritten(error)
  }
}

const lossNotice = (dropped: number) => `${dropped} lost\n`

describe("a standard error that nobody reads", () => {
  const line = `${"x".repeat(99)}\n`

  test("takes a bounded number of lines, and the rest is counted and said once it is read again", () => {
    const output = new StuckOutput()
    const writer = new LineWriter(output, lossNotice)
    for (let count = 0; count < 10_000; count++) writer.write(line)
    const kept = output.texts.length
    expect(kept).toBeLessThanOrEqual(262_144 / 400)
    expect(kept).toBeGreaterThan(100)
    output.release()
    expect(output.texts.slice(kept)).toEqual([`${10_000 - kept} lost\n`])
    output.release()
    writer.write(line)
    expect(output.texts.at(-1)).toBe(line)
  })

  test("is given up once it is closed", () => {
    const output = new StuckOutput()
    const writer = new LineWriter(output, lossNotice)
    writer.write(line)
    output.release(new Error("EPIPE"))
    writer.write(line)
    expect(output.texts).toEqual([line])
  })
})
