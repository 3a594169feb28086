/**
 * Records what the real postconf of Postfix 3.11 or later makes of each file of the corpus, beside it.
 */
import { writeFileSync } from "node:fs"
import { asked, corpus, expectedFile, read } from "../test/support/corpus.ts"
import { ask } from "../test/support/postconf.ts"

for (const name of corpus) {
  const bytes = read(name)
  const answers = await ask(bytes, asked(bytes))
  writeFileSync(expectedFile(name), `${JSON.stringify(answers, null, 1)}\n`)
  console.log(name)
}
