import { type Batching, type Descriptor, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import type { Target } from "../target/Target.ts"
import { TargetFailure } from "../target/TargetFailure.ts"
import { CacheModel } from "../truth/CacheModel.ts"
import { ConnectionPool } from "../truth/ConnectionPool.ts"
import type { ViolationLog } from "../truth/ViolationLog.ts"
import { RequestBytes } from "../workload/RequestBytes.ts"
import { Topology } from "../workload/Topology.ts"
import { endpointLabels, type Workload } from "../workload/Workload.ts"
import { Conversation } from "./Conversation.ts"
import { type LoadBench, makeLoadBench } from "./LoadBench.ts"
import { LoadLoop } from "./LoadLoop.ts"

/** How the clients of an arena behave. */
export interface ArenaOptions {
  readonly workload: Workload
  /** What labels begin with: those of a server that goes on living must not meet again. */
  readonly labelPrefix: string
  readonly isChecked: boolean
  readonly isDummyApart: boolean
  /** Whether the clients' system calls are made together. */
  readonly batching: Batching
  /** What an operation may take before its server counts as stuck. */
  readonly patienceMillis: number
  readonly log: ViolationLog
}

/** Clients that are connected to one server, what they save, and what is known of it. */
export interface Arena {
  readonly bench: LoadBench
  readonly topology: Topology
  readonly conversations: ReadonlyArray<Conversation>
  readonly loop: LoadLoop
}

/** How long a stretch runs before signals and the display get their turn. */
export const sliceMillis = 100

/** Lets Bun do what has waited: signals, the end of child processes. */
const giveWay = Effect.callback<void>((resume) => {
  const handle = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(handle))
})

/** Runs the loop until the stretch that it is in is done; `onSlice` comes every 100 ms. */
export const runStretch = Effect.fnUntraced(function* (
  calls: SystemCalls["Service"],
  loop: LoadLoop,
  onSlice: (nowMillis: number) => void = () => {}
): Effect.fn.Return<void> {
  while (!loop.isDone) {
    loop.turnUntil(calls.monotonicMillis() + sliceMillis)
    const nowMillis = calls.monotonicMillis()
    loop.giveUpStuck(nowMillis)
    onSlice(nowMillis)
    yield* giveWay
  }
})

/** Connects all clients and waits for their greetings; everything is closed with the scope. */
export const openArena = Effect.fnUntraced(function* (
  target: Target,
  options: ArenaOptions
): Effect.fn.Return<Arena, TargetFailure, SystemCalls | Scope.Scope> {
  const calls = yield* SystemCalls
  const { workload, log, isChecked, isDummyApart } = options
  const fail = (attempt: string, reason: string) => {
    const end = target.findEnd()
    return new TargetFailure({ target: target.name, attempt, reason: end === undefined ? reason : `${reason}: ${end}` })
  }
  const topology = new Topology(endpointLabels(workload), workload.destinations)
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => new ConnectionPool(calls, workload.connections)),
    (each) => Effect.sync(() => each.close())
  )
  const bench = makeLoadBench(
    {
      calls,
      bytes: new RequestBytes(workload, topology, options.labelPrefix),
      pool,
      model: new CacheModel(topology, workload.connections, workload.ttlSeconds, log),
      log,
      isChecked,
      isDummyApart
    },
    options.batching
  )
  const epoll = yield* Effect.acquireRelease(
    UnixSocket.orFail("epoll_create1", calls.epollCreate()).pipe(
      Effect.mapError((error) => fail("make an epoll set", error.message))
    ),
    (each: Descriptor) => Effect.sync(() => each.close())
  )
  const conversations: Array<Conversation> = []
  for (let number = 0; number < workload.clients; number++) {
    const connected = yield* connectPatiently(target.path).pipe(
      Effect.mapError((error) => fail(`connect client ${number} to ${target.path}`, error.message))
    )
    const socket = connected.take()
    // What a server has sent, and was not read, is closed along with it, and may linger.
    yield* Effect.addFinalizer(() => Effect.sync(() => calls.letGo(socket)))
    const conversation = new Conversation(number, socket, bench)
    conversation.startedMillis = calls.monotonicMillis()
    conversations.push(conversation)
  }
  const loop = new LoadLoop(calls, epoll, conversations, bench.out, options.patienceMillis)
  const outcome = loop.open()
  if (outcome < 0) return yield* fail("watch the clients", `epoll_ctl failed, errno ${-outcome}`)
  yield* runStretch(calls, loop)
  const failed = conversations.find((conversation) => !conversation.isIdle)
  if (failed === undefined) return { bench, topology, conversations, loop }
  const reason = `${failed.failure ?? "no greeting"}: is it a connection cache, of Postfix 3.6 or later?`
  return yield* fail(`be greeted at ${target.path}`, reason)
})

/** A backlog that is full for a moment empties: all clients come at once. */
const connectPatiently = Effect.fnUntraced(function* (path: string) {
  for (let attempt = 0; ; attempt++) {
    const socket = yield* Effect.result(UnixSocket.connect(path))
    if (socket._tag === "Success") return socket.success
    const isFull = socket.failure._tag === "SystemCallError" && socket.failure.errnoName === "EAGAIN"
    if (!isFull || attempt >= 500) return yield* socket.failure
    yield* Effect.sleep(10)
  }
})
