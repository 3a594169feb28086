import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { jsonLine, jsonSchemas } from "../../src/inspect/InspectJson.ts"

test("docs/inspect.schema.json is what `bun run manual` makes", () => {
  const kept = readFileSync(join(import.meta.dir, "../../../../docs/inspect.schema.json"), "utf8")
  expect(JSON.parse(kept)).toEqual(JSON.parse(jsonSchemas()))
})

test("no label moves a terminal's cursor from within JSON", () => {
  const line = jsonLine({ label: "a\x1b[2J\x9b\u202e\n" })
  expect(line).toMatch(/^[\x20-\x7e]+\n$/)
  expect(JSON.parse(line)).toEqual({ label: "a\x1b[2J\x9b\u202e\n" })
})
