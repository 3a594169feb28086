/**
 * Shows what scached is for: one process opens a connection and gives it to the cache, another one takes it over and goes on
 * where the first has stopped. Start scached first; where it was started at another path, that path is the argument.
 */
import { rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { CacheUnavailable, openCache } from "@scached/client"
import type { Socket, SocketHandler } from "bun"

const [role, ...more] = process.argv.slice(2)
const isSecond = role === "second"
const [chosenPath] = isSecond ? more : process.argv.slice(2)
// From where the command was typed, before it goes to the checkout.
const cachePath = chosenPath === undefined ? "run/scached.sock" : resolve(chosenPath)
process.chdir(join(import.meta.dir, ".."))
const serverPath = "run/try.sock"
const label = `try\n${serverPath}`

const say = (text: string): void => console.log(`[process ${process.pid}] ${text}`)

/** What the server says, an answer at a time. */
class Answers implements SocketHandler<undefined> {
  readonly #waiting: Array<(answer: string) => void> = []
  readonly #come: Array<string> = []

  readonly data = (_: Socket<undefined>, bytes: Buffer): void => {
    const answer = bytes.toString().trim()
    const taker = this.#waiting.shift()
    if (taker === undefined) this.#come.push(answer)
    else taker(answer)
  }

  next(): Promise<string> {
    const answer = this.#come.shift()
    return answer === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(answer)
  }
}

const exchange = async (socket: Socket<undefined>, answers: Answers, line: string): Promise<void> => {
  say(`-> ${line}`)
  socket.write(`${line}\n`)
  say(`<- ${await answers.next()}`)
}

/** A server that greets every visitor, and from then on answers each line with how many that visitor has sent. */
const startServer = () => {
  // Left by a run that was killed.
  rmSync(serverPath, { force: true })
  return Bun.listen<{ lines: number }>({
    unix: serverPath,
    socket: {
      open: (socket) => {
        socket.data = { lines: 0 }
        socket.write("220 welcome\n")
      },
      data: (socket) => {
        socket.write(`250 that was line ${++socket.data.lines} on this connection\n`)
      }
    }
  })
}

const first = async (): Promise<number> => {
  await using cache = openCache({ path: cachePath })
  // What a run has left that was interrupted; and where no cache answers, that is said before the show begins.
  using _left = await cache.findEndpoint(label)
  const server = startServer()
  try {
    const answers = new Answers()
    const socket = await Bun.connect({ unix: serverPath, socket: answers })
    say(`<- ${await answers.next()}`)
    await exchange(socket, answers, "hello from the process that connected")
    await cache.saveEndpoint({ label, properties: "line 1 was sent", ttlSeconds: 60, socket })
    say("saved the connection in scached, and closed its own copy")
    const command = [process.execPath, import.meta.path, "second", cachePath]
    return await Bun.spawn(command, { stdio: ["ignore", "inherit", "inherit"] }).exited
  } finally {
    server.stop(true)
  }
}

const second = async (): Promise<number> => {
  await using cache = openCache({ path: cachePath })
  const found = await cache.findEndpoint(label)
  if (found === undefined) {
    say("scached had nothing for it")
    return 1
  }
  say(`found a live connection in scached, with the note "${found.properties}"`)
  const answers = new Answers()
  const socket = await found.connect(answers)
  await exchange(socket, answers, "hello from a process that never connected")
  socket.end()
  return 0
}

try {
  process.exitCode = isSecond ? await second() : await first()
} catch (error) {
  if (!(error instanceof CacheUnavailable)) throw error
  console.error(
    `no scached answers at ${cachePath} (${error.reason.message}): ` +
      `start it in another terminal with npx --yes bun@${Bun.version} start` +
      (chosenPath === undefined ? "" : ` --socket ${cachePath}`)
  )
  process.exitCode = 1
}
