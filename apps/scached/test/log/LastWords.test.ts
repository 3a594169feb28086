import { expect, test } from "bun:test"
import * as LastWords from "../../src/log/LastWords.ts"
import { Directory } from "../support/Daemon.ts"

test("a line goes to the journal's stream, behind the header that the journal wants", async () => {
  using directory = new Directory()
  const path = directory.join("stdout")
  const { promise, resolve } = Promise.withResolvers<string>()
  let received = ""
  const server = Bun.listen({
    unix: path,
    socket: {
      data: (_, bytes) => {
        received += bytes.toString()
      },
      end: (socket) => {
        socket.end()
        resolve(received)
      }
    }
  })
  await LastWords.say("postfix/scached", "fatal: no system call can be made here", path)
  expect(await promise).toBe("postfix/scached\n\n18\n0\n1\n0\n0\nfatal: no system call can be made here\n")
  server.stop(true)
})

test("without a journal it is over at once", async () => {
  using directory = new Directory()
  const said = LastWords.say("postfix/scached", "fatal: nothing", directory.join("missing"))
  expect(await said).toBeUndefined()
})
