/**
 * Shows what scached is for: one process opens a connection and gives it to the cache, another one takes it over and goes on
 * where the first has stopped. Start scached first; where it was started at another path, that path is the argument.
 */
import { join, resolve } from "node:path"
import type { Descriptor } from "@scached/fdpass"
import { ClientSession, type ClientStep, OctetString, type Request, TtlSeconds } from "@scached/protocol"
import { Connections, Listeners, Reactors } from "@scached/reactor"
import { Cause, Effect, Exit, Result, Schema, type Scope } from "effect"

const root = join(import.meta.dir, "..")
const [role, ...more] = process.argv.slice(2)
const isSecond = role === "second"
const [chosenPath] = isSecond ? more : process.argv.slice(2)
// From where the command was typed, before it goes to the checkout.
const cachePath = chosenPath === undefined ? "run/scached.sock" : resolve(chosenPath)
process.chdir(root)
const serverPath = "run/try.sock"
const octets = (text: string) => Result.getOrThrow(OctetString.fromUtf8(text))
const label = octets(`try\n${serverPath}`)
const say = (text: string) => Effect.sync(() => console.log(`[process ${process.pid}] ${text}`))

/** There is nobody to try it with. */
class NoCache extends Schema.TaggedError<NoCache>()("NoCache", { message: Schema.String }) {}

const connectToCache = Connections.connect(cachePath).pipe(
  Effect.mapError(
    ({ message }) =>
      new NoCache({
        message:
          `no scached answers at ${cachePath} (${message}): ` +
          `start it in another terminal with npx --yes bun@${Bun.version} start`
      })
  )
)

/** Carries out one request over a connection to the cache, up to its last step. */
const ask = Effect.fnUntraced(function* (
  cache: Connections.Connection,
  request: Request.Request,
  cargo?: Descriptor
): Effect.fn.Return<ClientStep<Descriptor>, Connections.ConnectionError> {
  const session = new ClientSession<Descriptor>()
  Result.getOrThrow(session.start(request))
  const flush = Effect.suspend(() => {
    const output = session.output()
    return output === undefined ? Effect.void : cache.send(output)
  })
  for (;;) {
    const step = session.next()
    yield* flush
    if (step._tag === "Received" || step._tag === "Answered" || step._tag === "Failed") return step
    if (step._tag === "SendDescriptor" && cargo !== undefined) {
      yield* cache.sendDescriptor(cargo)
      session.descriptorSent()
    } else if (step._tag === "Idle") {
      const received = yield* cache.receive
      session.push(received.bytes, received.descriptor)
    }
  }
})

/** A server that greets every visitor, and from then on answers each line with how many that visitor has sent. */
const visitorBook = (connection: Connections.Connection) =>
  Effect.gen(function* () {
    yield* connection.send(Buffer.from("220 welcome\n"))
    for (let lines = 1; ; lines++) {
      yield* connection.receive
      yield* connection.send(Buffer.from(`250 that was line ${lines} on this connection\n`))
    }
  })

const exchange = Effect.fnUntraced(function* (connection: Connections.Connection, line: string) {
  yield* say(`-> ${line}`)
  yield* connection.send(Buffer.from(`${line}\n`))
  yield* say(
    `<- ${Buffer.from((yield* connection.receive).bytes)
      .toString()
      .trim()}`
  )
})

const first = Effect.gen(function* () {
  const cache = yield* connectToCache
  yield* Listeners.serve({ path: serverPath, mode: 0o600, backlog: 8, clientsMax: 8 }, visitorBook)
  yield* Effect.scoped(
    Effect.gen(function* () {
      const connection = yield* Connections.connect(serverPath)
      yield* say(
        `<- ${Buffer.from((yield* connection.receive).bytes)
          .toString()
          .trim()}`
      )
      yield* exchange(connection, "hello from the process that connected")
      const ttlSeconds = Result.getOrThrow(TtlSeconds.make(60))
      const saved = { _tag: "SaveEndpoint", ttlSeconds, label, properties: octets("line 1 was sent") } as const
      const passive = yield* Effect.acquireRelease(connection.passivate, (held) => Effect.sync(() => held.close()))
      yield* ask(cache, saved, passive)
      yield* say("saved the connection in scached, and closed its own copy")
    })
  )
  const second = Bun.spawn([process.execPath, import.meta.path, "second", cachePath], {
    stdio: ["ignore", "inherit", "inherit"]
  })
  return yield* Effect.promise(() => second.exited)
})

const second = Effect.gen(function* () {
  const cache = yield* connectToCache
  const found = yield* ask(cache, { _tag: "FindEndpoint", label })
  if (found._tag !== "Received") {
    yield* say(`scached had nothing for it: ${JSON.stringify(found)}`)
    return 1
  }
  yield* say(`found a live connection in scached, with the note "${found.reply.properties}"`)
  const connection = yield* Connections.make(found.descriptor)
  yield* exchange(connection, "hello from a process that never connected")
  return 0
})

const program: Effect.Effect<number, unknown, Reactors.Services | Scope.Scope> = isSecond ? second : first
Reactors.runMain(Effect.scoped(program), {
  exitCode: (exit) => {
    if (Exit.isSuccess(exit)) return exit.value
    const error = Cause.squash(exit.cause)
    console.error(error instanceof NoCache ? error.message : `this did not work: ${Cause.pretty(exit.cause)}`)
    return 1
  }
})
