import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { type LabFailure, labFailure } from "./LabFailure.ts"

/**
 * Makes a directory that everybody may enter and that is removed with all it holds when the scope closes.
 *
 * The name is short on purpose: the path of a UNIX socket below it must fit into 107 bytes.
 *
 * @category directories
 */
export const make: Effect.Effect<string, LabFailure, Scope.Scope> = Effect.acquireRelease(
  Effect.try({
    try: () => {
      const path = mkdtempSync(join(tmpdir(), "scached-lab-"))
      // Postfix's daemons run as user postfix and must get through.
      chmodSync(path, 0o755)
      return path
    },
    catch: labFailure("make a temporary directory")
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
