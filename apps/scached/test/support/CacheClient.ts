import { type Descriptor, type SystemCalls, UnixSocket } from "@scached/fdpass"
import { ClientSession, type ClientStep, OctetString, type Request, TtlSeconds } from "@scached/protocol"
import { type Reactor, Reactors } from "@scached/reactor"
import { Connection } from "@scached/reactor/effect"
import { Effect, Exit, Result, type Scope } from "effect"

export const octets = (text: string): OctetString.OctetString => Result.getOrThrow(OctetString.fromUtf8(text))
export const ttl = (seconds: number): TtlSeconds.TtlSeconds => Result.getOrThrow(TtlSeconds.make(seconds))

/** Runs a program of a test on a reactor of its own. */
export const runOnReactor = async <A, E>(program: Effect.Effect<A, E, Reactors.Services | Scope.Scope>): Promise<A> => {
  const exit = await Effect.runPromise(Reactors.run(Effect.scoped(program)))
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(`the test's own program failed: ${exit.cause}`)
}

/** Carries out one request up to its last step. */
export const ask = Effect.fnUntraced(function* (
  cache: Connection.Connection,
  request: Request.Request,
  cargo?: Descriptor
): Effect.fn.Return<ClientStep<Descriptor>, Connection.ConnectionError> {
  const session = new ClientSession<Descriptor>()
  Result.getOrThrow(session.start(request))
  for (;;) {
    const step = session.next()
    const output = session.output()
    if (output !== undefined) yield* cache.send(output)
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

/** Saves one end of a new pair under a label; the other end, to tell later whether the cache still holds it. */
export const saveNewConnection = Effect.fnUntraced(function* (
  cache: Connection.Connection,
  label: string,
  ttlSeconds: number
): Effect.fn.Return<Connection.Connection, unknown, Reactor | SystemCalls | Scope.Scope> {
  const [near, far] = yield* UnixSocket.pair
  const request = {
    _tag: "SaveEndpoint",
    ttlSeconds: ttl(ttlSeconds),
    label: octets(label),
    properties: octets("p")
  } as const
  yield* ask(cache, request, far)
  far.close()
  return yield* Connection.make(near)
})
