/** The two ways besides listening in which clients reach a service: passed on by another program, and on standard input. */
import { describe, expect, test } from "bun:test"
import { type Descriptor, Descriptors, SystemCalls, UnixSocket } from "@scached/fdpass"
import { Connection } from "@scached/reactor/effect"
import { Effect, Scope } from "effect"
import { ask, octets, runOnReactor, ttl } from "../support/CacheClient.ts"
import { ensureExecutable, formsAndConfined } from "../support/Daemon.ts"
import * as Master from "../support/Master.ts"

ensureExecutable()

const passing = ["-l", "-n", "scache", "-t", "pass"]
/** What postscreen(8) would say of a client; of no interest to a cache. */
const attributes = Buffer.from(["client_address", "192.0.2.1", "client_port", "25", "", ""].join("\0"), "latin1")

/** Saves a connection under a label, gets it back over the same client, and hears whether it is the same one. */
const saveAndFind = Effect.fnUntraced(function* (cache: Connection.Connection) {
  const [near, far] = yield* UnixSocket.pair
  const label = octets("host")
  const save = { _tag: "SaveEndpoint", ttlSeconds: ttl(60), label, properties: octets("p") } as const
  const saved = yield* ask(cache, save, far)
  far.close()
  expect(saved._tag).toBe("Answered")
  const found = yield* ask(cache, { _tag: "FindEndpoint", label })
  if (found._tag !== "Received") throw new Error(`nothing was found: ${found._tag}`)
  const handedOver = yield* Connection.make(found.descriptor)
  yield* handedOver.send(Buffer.from("the same"))
  const heard = yield* Effect.flatMap(Connection.make(near), ({ receive }) => receive)
  expect(Buffer.from(heard.bytes).toString()).toBe("the same")
})

/** A client's socket, passed on as postscreen(8) passes one; returns what is left to the client, and the passer's connection. */
const pass = Effect.fnUntraced(function* (socketPath: string) {
  const door = yield* Connection.connect(socketPath)
  const [near, far] = yield* UnixSocket.pair
  yield* door.sendDescriptor(far)
  far.close()
  yield* door.send(attributes.subarray(0, 20))
  yield* door.send(attributes.subarray(20))
  return { client: yield* Connection.make(near), door }
})

const isClosed = (connection: Connection.Connection) =>
  connection.receive.pipe(
    Effect.as(false),
    Effect.catch(() => Effect.succeed(true))
  )

const warnings = (lines: ReadonlyArray<string>) => lines.flatMap((line) => /warning: (.*)$/.exec(line)?.slice(1) ?? [])

for (const { name, command } of formsAndConfined) {
  describe(name, () => {
    test("-t pass: serves a client that is passed, and lets the passer go without a word", async () => {
      const end = await runOnReactor(
        Effect.gen(function* () {
          const service = yield* Master.start(command, passing)
          const { client, door } = yield* pass(service.socketPath)
          expect(yield* isClosed(door)).toBe(true)
          yield* saveAndFind(client)
          service.loseMaster()
          return yield* service.ended
        })
      )
      expect(end.exitCode).toBe(0)
      expect(warnings(end.lines)).toEqual([])
    })

    test("-t pass: a passer that stalls, says nonsense or leaves costs nobody else anything", async () => {
      const end = await runOnReactor(
        Effect.gen(function* () {
          const service = yield* Master.start(command, passing)
          yield* Connection.connect(service.socketPath)
          const talking = yield* Connection.connect(service.socketPath)
          yield* talking.send(Buffer.from("request\0"))
          expect(yield* isClosed(talking)).toBe(true)
          const leaving = yield* UnixSocket.connect(service.socketPath)
          leaving.close()
          const babbling = yield* Connection.connect(service.socketPath)
          const [, far] = yield* UnixSocket.pair
          yield* babbling.sendDescriptor(far)
          yield* babbling.send(Buffer.alloc(65_536, "x"))
          expect(yield* isClosed(babbling)).toBe(true)
          const { client } = yield* pass(service.socketPath)
          yield* saveAndFind(client)
          service.loseMaster()
          return yield* service.ended
        })
      )
      expect(end.exitCode).toBe(0)
      expect(warnings(end.lines)).toEqual([
        "no client was passed: bytes without a descriptor",
        "no client was passed: the passer closed the connection before it was done",
        "no client was passed: attribute list is longer than the limit of 65536 bytes"
      ])
    })

    test("-t pass: what is no UNIX stream is let go of, and the next client is served", async () => {
      const end = await runOnReactor(
        Effect.gen(function* () {
          const service = yield* Master.start(command, passing)
          const calls = yield* SystemCalls
          const door = yield* Connection.connect(service.socketPath)
          const other = yield* UnixSocket.orFail("socket", calls.datagramSocket())
          yield* door.sendDescriptor(other)
          other.close()
          yield* door.send(attributes)
          expect(yield* isClosed(door)).toBe(true)
          const { client } = yield* pass(service.socketPath)
          yield* saveAndFind(client)
          service.loseMaster()
          return yield* service.ended
        })
      )
      expect(end.exitCode).toBe(0)
      expect(warnings(end.lines)).toEqual(["no client was passed: the passed descriptor is not a UNIX stream socket"])
    })

    test("-t pass: of passes under way at once there is a limit", async () => {
      const end = await runOnReactor(
        Effect.gen(function* () {
          const service = yield* Master.start(command, passing)
          const doors: Array<Connection.Connection> = []
          for (let count = 0; count < 257; count++) doors.push(yield* Connection.connect(service.socketPath))
          const [last] = doors.slice(-1)
          if (last === undefined) throw new Error("there is no last one")
          expect(yield* isClosed(last)).toBe(true)
          service.loseMaster()
          return yield* service.ended
        })
      )
      expect(warnings(end.lines)).toEqual(["no client was passed: 256 passes are under way"])
    })

    test("-t pass: where all slots are taken a passer waits until a client leaves", async () => {
      const end = await runOnReactor(
        Effect.gen(function* () {
          const service = yield* Master.start(command, [...passing, "-o", "scached_client_limit=2"])
          const scope = yield* Effect.scope
          const staying = yield* pass(service.socketPath)
          yield* saveAndFind(staying.client)
          const waiting = yield* Effect.scoped(
            Effect.gen(function* () {
              const leaving = yield* pass(service.socketPath)
              yield* saveAndFind(leaving.client)
              const waiting = yield* Effect.provideService(pass(service.socketPath), Scope.Scope, scope)
              for (const { client } of [leaving, staying]) yield* saveAndFind(client)
              return waiting
            })
          )
          yield* saveAndFind(waiting.client)
          service.loseMaster()
          return yield* service.ended
        })
      )
      expect(warnings(end.lines)).toEqual([
        "2 clients are connected (scached_client_limit); new clients wait until one leaves"
      ])
    })

    test("-S: serves one client on standard input, and ends with it", async () => {
      const end = await runOnReactor(
        Effect.gen(function* () {
          const [near, far]: readonly [Descriptor, Descriptor] = yield* UnixSocket.pair
          const service = yield* Master.start(command, ["-S"], { input: far })
          const client = yield* Connection.make(yield* Descriptors.scoped(near))
          yield* saveAndFind(client)
          const leaving = yield* client.passivate
          leaving.close()
          return yield* service.ended
        })
      )
      expect(end.exitCode).toBe(0)
      expect(end.lines.map((line) => line.replace(/^.*: statistics: /, ""))).toEqual([
        expect.stringMatching(/^start interval [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d$/),
        "address lookup hits=1 miss=0 success=100%",
        "max simultaneous domains=0 addresses=1 connection=1"
      ])
    })
  })
}
