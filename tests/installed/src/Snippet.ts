/** The programs that READMEs show. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./Command.ts"

/** A program of a README, and the name of its file in a project. */
export interface Snippet {
  readonly file: string
  readonly code: string
}

/** Those of all packages, in their order. */
export const snippets: ReadonlyArray<Snippet> = readdirSync(join(root, "packages")).flatMap((folder) => {
  const readme = join(root, "packages", folder, "README.md")
  if (!existsSync(readme)) return []
  return [...readFileSync(readme, "utf8").matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""], index) => ({
    file: `${folder}-${index + 1}.ts`,
    code
  }))
})
