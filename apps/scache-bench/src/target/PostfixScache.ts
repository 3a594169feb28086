import { accessSync, constants, mkdirSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import * as ServerProcess from "./ServerProcess.ts"
import type { Target } from "./Target.ts"
import { TargetFailure } from "./TargetFailure.ts"

/** Where Debian's package has it. */
export const scachePath = "/usr/lib/postfix/sbin/scache"
const postconfPath = "/usr/sbin/postconf"

/** It would leave after so long without a client, or, once it has served so many, as soon as none is connected. */
const idleSecondsMax = 86_400
const clientsMax = 1_000_000_000
const backlog = 1_024

/**
 * The status channel is a named pipe that the shell opens, since it has to block when it is full, as master's does: scache leaves when it
 * cannot write there, and the sockets that this program can make do not block.
 */
const statusName = "status"
const withStatusChannel = 'exec "$@" 5> "$MAIL_CONFIG/status"'
const drainStatusChannel = 'exec cat "$MAIL_CONFIG/status" > /dev/null'

/** Why Postfix's scache cannot be started here; undefined when it can. */
export const findMissing = (): string | undefined => {
  try {
    accessSync(scachePath, constants.X_OK)
  } catch {
    return `${scachePath} is not there: install Postfix`
  }
  return process.getuid?.() === 0 ? undefined : "only root can start a daemon of Postfix"
}

const configure = (directory: string, ttlLimitSeconds: number): void => {
  const folder = (name: string) => {
    const path = join(directory, name)
    mkdirSync(path)
    return path
  }
  const settings = [
    "compatibility_level = 3.6",
    `queue_directory = ${folder("queue")}`,
    `data_directory = ${folder("data")}`,
    "mail_owner = postfix",
    `connection_cache_ttl_limit = ${ttlLimitSeconds}s`
  ]
  const path = join(directory, "main.cf")
  writeFileSync(path, `${settings.join("\n")}\n`)
  // Of a file that was written a moment ago Postfix expects more to come, and waits for some seconds.
  utimesSync(path, 0, 0)
  writeFileSync(join(directory, "master.cf"), "")
  const made = Bun.spawnSync(["mkfifo", join(directory, statusName)])
  if (made.exitCode !== 0) throw new Error(`mkfifo: ${made.stderr.toString().trim()}`)
}

const version = Effect.promise(async () => {
  try {
    const child = Bun.spawn([postconfPath, "-dh", "mail_version"], { stderr: "ignore" })
    const text = (await new Response(child.stdout).text()).trim()
    return text === "" ? null : `Postfix ${text}`
  } catch {
    return null
  }
})

/**
 * Starts Postfix's own scache(8) alone, as master(8) would: 3 and 4 are its flow control, 5 the channel on which it reports twice a
 * request, 6 the listening socket. A `cat` drains the channel, since scache stands still once it is full.
 */
export const start = Effect.fnUntraced(function* (
  name: string,
  ttlLimitSeconds: number,
  processors: string | undefined
): Effect.fn.Return<Target, TargetFailure, SystemCalls | Scope.Scope> {
  const fail = (attempt: string) => (error: unknown) =>
    new TargetFailure({ target: name, attempt, reason: error instanceof Error ? error.message : String(error) })
  const missing = findMissing()
  if (missing !== undefined) return yield* fail("start Postfix's scache")(missing)
  const directory = yield* ServerProcess.temporaryDirectory
  yield* Effect.try({ try: () => configure(directory, ttlLimitSeconds), catch: fail("configure scache") })
  const path = join(directory, "scache")
  const [listener, flow, unused] = yield* Effect.all([
    UnixSocket.listen(path, { mode: 0o600, backlog }),
    UnixSocket.pair,
    UnixSocket.make
  ]).pipe(Effect.mapError(fail("open its sockets")))
  const environment = { GENERATION: "1", MAIL_CONFIG: directory }
  yield* ServerProcess.start({ target: name, command: ["sh", "-c", drainStatusChannel], environment })
  const options = ["-o", `max_idle=${idleSecondsMax}s`, "-o", `max_use=${clientsMax}`]
  const scache = [scachePath, "-l", "-n", "scache", "-t", "unix", "-V", ...options]
  const child = yield* ServerProcess.start({
    target: name,
    command: ["sh", "-c", withStatusChannel, "scache", ...scache],
    environment,
    descriptors: [flow[0], flow[1], unused, listener],
    processors
  })
  yield* ServerProcess.awaitSocket(name, path, child)
  return {
    name,
    kind: "postfix",
    path,
    command: scachePath,
    version: yield* version,
    pid: child.pid,
    findEnd: child.findEnd,
    stop: child.stop
  }
})
