/** Farewells of the real daemon, to the far ends of real sockets. */
import { beforeAll, describe, expect, test } from "bun:test"
import { Connection } from "@scached/reactor/effect"
import { Effect, Option } from "effect"
import { runOnReactor, saveNewConnection } from "../support/CacheClient.ts"
import { Daemon, Directory, ensureExecutable, formsAndConfined } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

/** All that a far end gets, up to its end or to the farewell, which it answers. */
const heardBy = Effect.fnUntraced(function* (far: Connection.Connection) {
  let heard = ""
  for (;;) {
    const received = yield* Effect.option(far.receive)
    if (Option.isNone(received)) return heard
    const { bytes } = received.value
    heard += Buffer.from(bytes).toString("latin1")
    if (heard.endsWith("QUIT\r\n")) {
      yield* far.send(Buffer.from("221-bye\r\n221 really\r\n"))
      return heard
    }
  }
})

for (const { command, name } of formsAndConfined) {
  describe(`scached, ${name}`, () => {
    const serve = (directory: Directory, ...parameters: ReadonlyArray<string>) =>
      Daemon.start(command, [
        ...["serve", "--socket", directory.join("s")],
        ...["scached_farewell=smtp", "connection_cache_ttl_limit=1h", ...parameters].flatMap((each) => ["-o", each])
      ])

    test("says farewell on what expires, by its label", async () => {
      using directory = new Directory()
      await using daemon = await serve(directory)
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(directory.join("s"))
          const far = yield* saveNewConnection(cache, "smtp\n[192.0.2.1]", 1)
          const other = yield* saveNewConnection(cache, "pop3\n[192.0.2.1]", 1)
          expect(yield* heardBy(far)).toBe("QUIT\r\n")
          expect(yield* heardBy(other)).toBe("")
        })
      )
      expect(await daemon.stop()).toBe(0)
      expect(daemon.stderr).toMatch(/counters: farewells smtp (ended|late|cut)=1/)
    })

    test("says farewell on all that is cached when it ends, and does not wait for those that say nothing", async () => {
      using directory = new Directory()
      await using daemon = await serve(directory)
      await runOnReactor(
        Effect.gen(function* () {
          const cache = yield* Connection.connect(directory.join("s"))
          const far = []
          for (let count = 0; count < 20; count++) far.push(yield* saveNewConnection(cache, `smtp\n${count}`, 3_600))
          daemon.child.kill("SIGTERM")
          for (const each of far) {
            const { bytes } = yield* each.receive
            expect(Buffer.from(bytes).toString()).toBe("QUIT\r\n")
          }
          expect(yield* Effect.promise(() => daemon.end())).toBe(0)
        })
      )
      expect(daemon.stderr).toContain("counters: farewells smtp cut=20")
    })
  })
}
