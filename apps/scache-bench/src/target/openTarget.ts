import { basename, join } from "node:path"
import { SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import * as PostfixScache from "./PostfixScache.ts"
import * as ServerProcess from "./ServerProcess.ts"
import type { Target } from "./Target.ts"
import { TargetFailure } from "./TargetFailure.ts"
import { socketPlaceholder, type TargetSpec } from "./TargetSpec.ts"

/** Which process listens at a socket: the kernel noted it when it began. Undefined when it is not the one that serves. */
const listeningPid = Effect.fnUntraced(function* (target: string, path: string) {
  const calls = yield* SystemCalls
  const peer = yield* Effect.scoped(
    Effect.map(UnixSocket.connect(path), (socket) => calls.peerCredentials(socket))
  ).pipe(
    Effect.mapError((error) => new TargetFailure({ target, attempt: `connect to ${path}`, reason: error.message }))
  )
  // A socket that was inherited was opened by the parent: init, for instance.
  return typeof peer === "number" || peer.pid <= 1 || peer.pid === process.pid ? undefined : peer.pid
})

const versionOf = (program: string): Effect.Effect<string | null> =>
  Effect.promise(async () => {
    if (!basename(program).startsWith("scached")) return null
    const child = Bun.spawn([program, "--version"], { stdin: "ignore", stderr: "ignore", timeout: 5_000 })
    const text = (await new Response(child.stdout).text()).trim()
    return (await child.exited) === 0 && text !== "" ? text.replace(/^scached /, "") : null
  }).pipe(Effect.catchDefect(() => Effect.succeed(null)))

/** Starts what is to be started, and finds the process that serves. Everything that was started ends with the scope. */
export const openTarget = Effect.fnUntraced(function* (
  spec: TargetSpec,
  ttlLimitSeconds: number,
  processors: string | undefined
): Effect.fn.Return<Target, TargetFailure, SystemCalls | Scope.Scope> {
  const { name } = spec
  if (spec._tag === "Postfix") return yield* PostfixScache.start(name, ttlLimitSeconds, processors)
  if (spec._tag === "Socket") {
    const pid = yield* listeningPid(name, spec.path)
    return {
      name,
      kind: "socket",
      path: spec.path,
      command: spec.path,
      version: null,
      pid,
      findEnd: () => (pid === undefined || ServerProcess.isAlive(pid) ? undefined : `its process ${pid} has ended`),
      stop: undefined
    }
  }
  const path = join(yield* ServerProcess.temporaryDirectory, "socket")
  const command = spec.command.map((word) => word.replaceAll(socketPlaceholder, path))
  const child = yield* ServerProcess.start({ target: name, command, processors })
  yield* ServerProcess.awaitSocket(name, path, child)
  // The command may be a script that started the server, and a script that is ended does not end it.
  const pid = (yield* listeningPid(name, path)) ?? child.pid
  // What the script makes of it is its own affair.
  const stop = pid === child.pid ? child.stop : Effect.tap(ServerProcess.end(pid), () => child.stop)
  // A script may end and leave the server to itself.
  const findEnd = () =>
    ServerProcess.isAlive(pid) ? undefined : (child.findEnd() ?? `the program's process ${pid} has ended`)
  if (pid !== child.pid) yield* Effect.addFinalizer(() => ServerProcess.end(pid))
  return {
    name,
    kind: "spawn",
    path,
    command: spec.command.join(" "),
    version: yield* versionOf(spec.command[0] ?? ""),
    pid,
    findEnd: pid === child.pid ? child.findEnd : findEnd,
    stop
  }
})
