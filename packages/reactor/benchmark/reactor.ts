/** What the reactor costs: `bun benchmark/reactor.ts`. Best of five rounds each, in nanoseconds. */
import { KernelSystemCalls, Readiness, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Effect, Scheduler } from "effect"
import { Connection } from "../src/effect/index.ts"
import {
  BunHost,
  Channel,
  type ChannelHandler,
  EventLoop,
  IdleWatcher,
  idleStateOf,
  makeMember,
  noHost,
  Reactor,
  Reactors
} from "../src/index.ts"

const rounds = 5

const must = <A>(result: A | number): A => {
  if (typeof result === "number") throw new Error(`errno ${-result}`)
  return result
}

const report = (name: string, nanos: number): void =>
  console.log(`${name.padEnd(58)} ${Math.round(nanos).toLocaleString("en-US").padStart(8)}`)

const best = (count: number, run: () => void): number => {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now()
    run()
    // The first round warms up.
    if (round > 0) least = Math.min(least, performance.now() - start)
  }
  return (least / count) * 1e6
}

const calls = Effect.runSync(Effect.provide(SystemCalls, KernelSystemCalls.layer))

const turns = () => {
  const count = 100_000
  const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
  const [near, far] = must(calls.socketPair())
  calls.send(far, Buffer.from("x"))
  let events = 0
  loop.watch(
    makeMember(near, () => events++),
    Readiness.readable
  )
  const batch = calls.makeReadinessBatch(256)
  report(
    "epoll_wait with one ready descriptor",
    best(count, () => {
      for (let left = count; left > 0; left--) calls.epollWait(loop.epoll, batch, -1)
    })
  )
  report(
    "a turn of the loop with one ready descriptor",
    best(count, () => {
      for (let left = count; left > 0; left--) loop.turn()
    })
  )
  report(
    "a ready task",
    best(count, () => {
      for (let left = count; left > 0; left--) loop.defer(() => {})
      loop.turn()
    })
  )
  report(
    "a ready task that can be taken back",
    best(count, () => {
      for (let left = count; left > 0; left--) loop.enqueue(() => {})
      loop.turn()
    })
  )
  report(
    "a timer, set and cancelled among 1,000",
    best(count, () => {
      const cancels = Array.from({ length: 1000 }, (_, index) => loop.at(1e12 + index, () => {}))
      for (let left = count; left > 0; left--) loop.at(1e12 + (left % 1000), () => {})()
      for (const cancel of cancels) cancel()
    })
  )
  near.close()
  far.close()
  loop.close()
}

/** What it costs a cache to watch what it keeps: each is saved and, at once, asked for again. */
const idleWatching = () => {
  const count = 100_000
  const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
  const rested = Array.from({ length: 1_000 }, () => must(calls.socketPair()))
  const [near, far] = must(calls.socketPair())
  const watching = (watcher: IdleWatcher): number =>
    best(count, () => {
      for (let left = count; left > 0; left--) watcher.watch(near, () => {}).stop()
    })
  const eager = new IdleWatcher(loop, { interest: "hang-up", afterMillis: 0 })
  const lazy = new IdleWatcher(loop, { interest: "hang-up", afterMillis: 100 })
  report("a connection watched and taken out, at once", watching(eager))
  report("the same among those that wait for 100 ms", watching(lazy))
  report(
    "a last look at a connection (look)",
    best(count, () => {
      for (let left = count; left > 0; left--) idleStateOf(calls, near)
    })
  )
  const young = rested.map(([each]) => each)
  const looks = calls.makePollBatch(256)
  report(
    "a look at one of 1,000 connections (poll)",
    best(count, () => {
      for (let left = count; left > 0; left -= 250) {
        const start = left % 1_000
        for (let index = 0; index < 250; index++) looks.put(index, young[start + index] ?? near, Readiness.peerClosed)
        calls.poll(looks, 250)
      }
    })
  )
  for (const [each] of rested) eager.watch(each, () => {})
  const batch = calls.makeReadinessBatch(256)
  report(
    "epoll_wait with nothing ready, 1,000 watched",
    best(count, () => {
      for (let left = count; left > 0; left--) calls.epollWait(loop.epoll, batch, 0)
    })
  )
  eager.close()
  lazy.close()
  for (const each of [...rested.flat(), near, far]) each.close()
  loop.close()
}

const channels = () => {
  const count = 50_000
  const loop = new EventLoop(calls, must(calls.epollCreate()), noHost)
  const [near, far] = must(calls.socketPair())
  let left = 0
  const open = (socket: typeof near, onReceive: ChannelHandler["onReceive"]): Channel => {
    const channel = Channel.open(loop, socket, { onReceive, onDrained: () => {}, onEnd: () => {} }, 65_536)
    if (!(channel instanceof Channel)) throw channel
    return channel
  }
  const server = open(near, (bytes) => server.send(bytes))
  const client = open(far, (bytes) => {
    if (--left > 0) client.send(bytes)
  })
  const message = Buffer.alloc(100, 1)
  report(
    "echo of 100 bytes, both ends Channels of one loop",
    best(count, () => {
      left = count
      client.send(message)
      while (left > 0) loop.turn()
    })
  )
  client.close()
  server.close()
  loop.close()
}

const timed = (count: number, program: Effect.Effect<void, unknown, Reactors.Services>) =>
  Effect.gen(function* () {
    let least = Number.POSITIVE_INFINITY
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now()
      yield* program
      if (round > 0) least = Math.min(least, performance.now() - start)
    }
    return (least / count) * 1e6
  })

const measure = async (name: string, count: number, program: Effect.Effect<void, unknown, Reactors.Services>) => {
  const exit = await Effect.runPromise(Reactors.run(timed(count, program)))
  if (exit._tag === "Failure") throw exit.cause
  report(name, exit.value)
}

const repeated = (count: number, effect: Effect.Effect<unknown, unknown, Reactors.Services>) =>
  Effect.asVoid(Effect.repeat(effect, { times: count - 1 }))

const connections = Effect.gen(function* () {
  const count = 20_000
  const [near, far] = yield* UnixSocket.pair
  const server = yield* Connection.make(near)
  const client = yield* Connection.make(far)
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(server.receive, ({ bytes }) => server.send(bytes))))
  const message = Buffer.alloc(100, 1)
  const nanos = yield* timed(count, repeated(count, Effect.andThen(client.send(message), client.receive)))
  report("echo of 100 bytes, both ends Connection of one loop", nanos)
}).pipe(Effect.scoped)

const schedulers = Effect.gen(function* () {
  const count = 200_000
  const loop = yield* Reactor
  const yields = repeated(count, Effect.yieldNow)
  const mixed = new Scheduler.MixedScheduler("async", loop.enqueue)
  report(
    "a fiber yields, MixedScheduler over enqueue",
    yield* timed(count, Effect.provideService(yields, Scheduler.Scheduler, mixed))
  )
  report("a fiber yields, ReactorScheduler", yield* timed(count, yields))
})

const givingWay = async () => {
  const count = 20_000
  const host = BunHost.make(calls)
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now()
    await new Promise<void>((resolve) => {
      let left = count
      const again = (): void => {
        if (--left > 0) host.giveWay?.(again)
        else resolve()
      }
      again()
    })
    if (round > 0) least = Math.min(least, performance.now() - start)
  }
  host.release()
  report("giving way to Bun, which has nothing to do", (least / count) * 1e6)
}

turns()
idleWatching()
channels()
await Effect.runPromise(Reactors.run(connections))
await Effect.runPromise(Reactors.run(schedulers))
await measure(
  "Effect.promise of a resolved promise",
  50_000,
  repeated(
    50_000,
    Effect.promise(() => Promise.resolve())
  )
)
await givingWay()
process.exit(0)
