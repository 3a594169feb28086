/** A daemon that was stopped for longer than a client may owe something, on the real kernel. */
import { beforeAll, expect, test } from "bun:test"
import { connect, type Socket } from "node:net"
import { Daemon, Directory, ensureExecutable, forms } from "../support/Daemon.ts"

beforeAll(ensureExecutable)

const greeting = "protocol\0connection_cache_protocol\0\0"
const miss = "status\x002\0property\0\0\0"
const request = "request\0find_endp\0label\0nothing\0\0"
const timeoutSeconds = 5
/** More than two turns of the loop take. */
const clients = 600

/** A connection, and what has come on it. */
class Visitor {
  readonly #socket: Socket
  #heard = ""
  #onChange: () => void = () => {}
  isClosed = false

  constructor(path: string) {
    this.#socket = connect(path)
    this.#socket.on("data", (data) => {
      this.#heard += data.toString("latin1")
      this.#onChange()
    })
    this.#socket.on("error", () => {})
    this.#socket.on("close", () => {
      this.isClosed = true
      this.#onChange()
    })
  }

  say(text: string): void {
    this.#socket.write(text)
  }

  /** Waits until the text has come, or the connection has ended; whether it has come. */
  async hears(text: string): Promise<boolean> {
    while (!this.#heard.endsWith(text) && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve
      })
    }
    return this.#heard.endsWith(text)
  }

  close(): void {
    this.#socket.destroy()
  }
}

for (const { command, name } of forms) {
  test(`clients that answered in time are served, one that did not is disconnected: ${name}`, async () => {
    using directory = new Directory()
    const options = ["-o", `scached_exchange_timeout=${timeoutSeconds}s`, "-o", "scached_client_limit=1000"]
    const path = directory.join("s")
    await using daemon = await Daemon.start(command, ["serve", "--socket", path, ...options])
    const visitors = Array.from({ length: clients }, () => new Visitor(path))
    const silent = new Visitor(path)
    for (const each of [...visitors, silent]) expect(await each.hears(greeting)).toBe(true)
    for (const each of [...visitors, silent]) each.say(request.slice(0, 20))
    // Most of them owe by the time of this answer. The others are served whatever the clock says.
    const last = new Visitor(path)
    last.say(request)
    expect(await last.hears(miss)).toBe(true)
    daemon.child.kill("SIGSTOP")
    for (const each of visitors) each.say(request.slice(20))
    await Bun.sleep(timeoutSeconds * 1_000 + 500)
    daemon.child.kill("SIGCONT")
    let served = 0
    for (const each of visitors) if (await each.hears(miss)) served++
    expect(served).toBe(clients)
    expect(await silent.hears("never")).toBe(false)
    for (const each of [...visitors, last]) each.close()
    expect(await daemon.stop()).toBe(0)
  }, 60_000)
}
