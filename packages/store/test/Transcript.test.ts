import { expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { playTranscript } from "./Transcript.ts"

const folder = new URL("./transcripts/", import.meta.url)

for (const name of readdirSync(folder).sort()) {
  test(`transcript ${name}`, async () => {
    const lines = playTranscript(await Bun.file(new URL(name, folder)).text())
    expect(lines.length).toBeGreaterThan(5)
    // As one text, so that a failure shows expected and actual lines side by side.
    const textOf = (column: "expected" | "actual"): string => lines.map((line) => line[column]).join("\n")
    expect(textOf("actual")).toBe(textOf("expected"))
  })
}

test("a transcript that expects something else is caught", () => {
  const [saved, found] = playTranscript("at 0 save_endp a p1 =c1 ttl 2s\nat 2000 find_endp a -> c1 p1")
  expect(saved?.actual).toBe(saved?.expected ?? "")
  expect(found).toEqual({ expected: "at 2000 find_endp a -> c1 p1", actual: "at 2000 find_endp a -> none" })
})
