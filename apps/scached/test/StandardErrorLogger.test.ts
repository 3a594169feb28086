import { describe, expect, test } from "bun:test"
import { LineWriter } from "../src/command/StandardErrorLogger.ts"

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

describe("a standard error that nobody reads", () => {
  const line = `${"x".repeat(99)}\n`

  test("takes a bounded number of lines, and the rest is counted and said once it is read again", () => {
    const output = new StuckOutput()
    const writer = new LineWriter(output)
    for (let count = 0; count < 10_000; count++) writer.write(line)
    const kept = output.texts.length
    expect(kept).toBeLessThanOrEqual(262_144 / 400)
    expect(kept).toBeGreaterThan(100)
    output.release()
    expect(output.texts.slice(kept)).toEqual([
      `scached: warning: ${10_000 - kept} lines were dropped here: standard error did not take them\n`
    ])
    output.release()
    writer.write(line)
    expect(output.texts.at(-1)).toBe(line)
  })

  test("is given up once it is closed", () => {
    const output = new StuckOutput()
    const writer = new LineWriter(output)
    writer.write(line)
    output.release(new Error("EPIPE"))
    writer.write(line)
    expect(output.texts).toEqual([line])
  })
})
