/** Idles as a server does: it listens, has a client that says nothing, a timer far away, and Bun's own server beside. */
import { Reactors } from "@scached/reactor"
import { Connection, Listener } from "@scached/reactor/effect"
import { Effect } from "effect"

const path = process.argv[2] ?? ""

const program = Effect.gen(function* () {
  yield* Listener.serve({ path, mode: 0o600, backlog: 8, clientsMax: 8 }, (connection) =>
    Effect.forever(Effect.flatMap(connection.receive, ({ bytes }) => connection.send(bytes)))
  )
  const client = yield* Connection.connect(path)
  yield* client.send(Buffer.from("hello"))
  yield* client.receive
  yield* Effect.forkScoped(Effect.sleep("1 day"))
  Bun.serve({ port: 0, fetch: () => new Response("beside") })
  process.on("SIGHUP", () => {})
  setTimeout(() => {}, 3_600_000)
  // What a wake-up looks like, to show that it would be seen.
  if (process.argv[3] === "ticks") setInterval(() => {}, 1000)
  Bun.gc(true)
  console.log("ready")
  // And then ends, whatever became of the one who started it.
  yield* Effect.sleep("5 minutes")
}).pipe(Effect.scoped)

Reactors.runMain(program, { exitCode: () => 0 })
