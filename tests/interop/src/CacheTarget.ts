/**
 * Caches under test: each can be started at a socket path, whatever program it is.
 *
 * @category caches
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import * as Greeting from "./Greeting.ts"
import type { LabFailure } from "./LabFailure.ts"
import * as LabProcess from "./LabProcess.ts"
import type { PostfixTools } from "./PostfixTools.ts"
import * as ScacheProcess from "./ScacheProcess.ts"

/**
 * A cache that can be started.
 *
 * @category caches
 */
export interface CacheTarget {
  /** For the names of tests. */
  readonly name: string
  /** Whether it is the real scache(8), which needs no tolerance. */
  readonly isReference: boolean
  /** Why it cannot be started here; undefined when it can. */
  readonly impediment: () => string | undefined
  /** Starts it at a socket and returns when a client can connect; it is stopped with the scope. */
  readonly start: (
    socketPath: string,
    options: { readonly ttlLimitSeconds: number; readonly farewells?: string }
  ) => Effect.Effect<LabProcess.LabProcess, LabFailure, PostfixTools | SystemCalls | Scope.Scope>
}

const repository = join(import.meta.dir, "../../..")
const startMillisMax = 60_000

/**
 * Postfix's own.
 *
 * @category caches
 */
export const scache: CacheTarget = {
  name: "scache",
  isReference: true,
  impediment: () => undefined,
  start: (socketPath, { ttlLimitSeconds }) => ScacheProcess.start({ socketPath, ttlLimitSeconds })
}

const scached = (name: string, command: ReadonlyArray<string>, program: string, remedy: string): CacheTarget => ({
  name,
  isReference: false,
  impediment: () => (existsSync(join(repository, program)) ? undefined : `there is no ${program}: ${remedy}`),
  start: Effect.fnUntraced(function* (socketPath, { farewells = "", ttlLimitSeconds }) {
    const limit = `connection_cache_ttl_limit=${ttlLimitSeconds}s`
    const settings = Object.entries(Greeting.settings()).flatMap(([name, value]) => ["-o", `${name}=${value}`])
    const access = ["--mode", "0666", "--allow-user", "postfix"]
    const options = [
      "serve",
      "--socket",
      socketPath,
      ...access,
      "-o",
      limit,
      "-o",
      `scached_farewell=${farewells}`,
      ...settings
    ]
    const server = yield* LabProcess.start([...command, ...options], { directory: repository })
    yield* server.waitForOutput("listening on", startMillisMax)
    return server
  })
})

/**
 * scached as Bun runs it from its source.
 *
 * @category caches
 */
export const scachedFromSource: CacheTarget = scached(
  "scached from source",
  [process.execPath, "apps/scached/src/main.ts"],
  "apps/scached/src/main.ts",
  "it is part of the repository"
)

/**
 * scached as the one executable that is installed.
 *
 * @category caches
 */
export const scachedExecutable: CacheTarget = scached(
  "the executable scached",
  [join(repository, "dist/scached")],
  "dist/scached",
  "bun run build makes it"
)
