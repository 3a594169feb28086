/**
 * One thing of Bun's own world, by its name on the command line, beside a reactor that has nothing else to do. Prints what
 * happened in order; `too late` when it has not all happened before a timer of the reactor forty seconds away.
 */
import { exec, spawn } from "node:child_process"
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { createServer, get } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import timerPromises from "node:timers/promises"
import { promisify } from "node:util"
import { Reactors } from "@scached/reactor"
import { Effect } from "effect"

const note = (text: string): void => console.log(text)

const files = async () => {
  const directory = await mkdtemp(join(tmpdir(), "reactor-beside-"))
  const path = join(directory, "file")
  for (let index = 0; index < 20; index++) {
    await writeFile(path, `content ${index}`)
    if ((await readFile(path, "utf8")) !== `content ${index}`) note("not what was written")
  }
  note(`${(await stat(path)).size} bytes`)
  note(await Bun.file(path).text())
  await rm(directory, { recursive: true })
}

const children = async () => {
  const echoed = Bun.spawn(["echo", "from a child"], { stdout: "pipe" })
  note((await new Response(echoed.stdout).text()).trim())
  note(`exit ${await echoed.exited}`)
  note((await promisify(exec)("echo shell; exit 0")).stdout.trim())
  const cat = spawn("cat")
  const answer = new Promise<string>((resolve) => cat.stdout.once("data", (data) => resolve(String(data))))
  cat.stdin.end("through cat")
  note(await answer)
  note(`exit ${await new Promise((resolve) => cat.once("close", resolve))}`)
}

const workers = async () => {
  const source = "self.onmessage = (event) => self.postMessage(event.data + 1)"
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }))
  const worker = new Worker(url)
  let value = 0
  while (value < 20) {
    value = await new Promise<number>((resolve) => {
      worker.onmessage = (event: MessageEvent<number>) => resolve(event.data)
      worker.postMessage(value)
    })
  }
  note(`counted to ${value}`)
  worker.terminate()
  const inside = new Worker(new URL("./inWorker.ts", import.meta.url))
  note(
    await new Promise<string>((resolve) => (inside.onmessage = (event: MessageEvent<string>) => resolve(event.data)))
  )
  inside.terminate()
}

const timers = async () => {
  const timeout = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))
  const order: Array<string> = []
  // Made first, due last.
  const late = timeout(60).then(() => order.push("timeout of 60"))
  const early = timeout(20).then(() => order.push("timeout of 20"))
  setImmediate(() => order.push("immediate"))
  process.nextTick(() => order.push("tick"))
  await Promise.all([late, early])
  note(order.join(", "))
  let beats = 0
  await new Promise<void>((resolve) => {
    const interval = setInterval(() => {
      // A callback that takes longer than the interval must not hide the next beat.
      for (const until = performance.now() + 12; performance.now() < until; );
      if (++beats < 3) return
      clearInterval(interval)
      resolve()
    }, 5)
  })
  note(`${beats} beats`)
  await Bun.sleep(5)
  note("Bun.sleep")
  await Bun.sleep(new Date(Date.now() + 5))
  note("Bun.sleep until a date")
  await timerPromises.setTimeout(5)
  note("node:timers/promises")
  await promisify(setTimeout)(5)
  note("promisify")
  await new Promise((resolve) => AbortSignal.timeout(5).addEventListener("abort", resolve))
  note("AbortSignal.timeout")
}

const sockets = async () => {
  const server = Bun.serve({ port: 0, fetch: async (request) => new Response(`served ${await request.text()}`) })
  for (let index = 0; index < 10; index++) {
    const response = await fetch(server.url, { method: "POST", body: `${index}` })
    if ((await response.text()) !== `served ${index}`) note("a wrong answer")
  }
  note("Bun.serve and fetch")
  await server.stop(true)
  const old = createServer((_, response) => response.end("old style")).listen(0)
  await new Promise((resolve) => old.once("listening", resolve))
  const address = old.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const body = await new Promise<string>((resolve) => {
    get(`http://localhost:${port}/`, (response) => response.on("data", (data) => resolve(String(data))))
  })
  note(body)
  old.closeAllConnections()
  old.close()
}

const programs: Readonly<Record<string, () => Promise<void>>> = { files, children, workers, timers, sockets }

const body = programs[process.argv[2] ?? ""]
if (body === undefined) throw new Error(`name one of ${Object.keys(programs).join(", ")}`)

const late = Effect.andThen(
  Effect.sleep("40 seconds"),
  Effect.sync(() => note("too late"))
)
await Effect.runPromise(Reactors.run(Effect.raceFirst(Effect.promise(body), late)))
note("end")
process.exit(0)
