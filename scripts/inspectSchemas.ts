/** Makes docs/inspect.schema.json: the JSON that `scached status`, `list`, `watch` and `check` print with `--json`. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { jsonSchemas } from "../apps/scached/src/inspect/InspectJson.ts"

const target = join(import.meta.dir, "../docs/inspect.schema.json")
writeFileSync(target, jsonSchemas())
console.log(`made ${target}`)
