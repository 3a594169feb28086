/**
 * What clients that pipeline without end cost the others: p99 of 16 clients that ask one thing after the other, beside 4 that always have
 * hundreds of requests on their way, and without them. Rounds with and without alternate, so that a busy machine is busy for both.
 *
 * `bun run benchmark/fairness.ts [ROUNDS] [SECONDS]`, after `bun run build` in the root. The server has one processor; the clients, of both
 * kinds in one process, have another: in processes of their own the two kinds would wait for that processor, for milliseconds, and that
 * would be measured. The work that the flooders make for that process is part of what is measured.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UnixSocket } from "@scached/fdpass"
import { OctetString, Request } from "@scached/protocol"
import { Channel, type ChannelHandler, type EventLoop, Reactor, Reactors } from "@scached/reactor"
import { Effect, Exit, Result } from "effect"

const politeCount = 16
const flooderCount = 4
/** Requests that a flooder has on their way. */
const depth = 1024
const batch = 256
const greetingBytes = "protocol\0connection_cache_protocol\0\0".length
const outputBytesMax = 1_048_576

const request = Request.encode({ _tag: "FindEndpoint", label: Result.getOrThrow(OctetString.make("nothing")) })
const replyBytes = "status\x002\0property\0\0\0".length

/** Sends a number of requests whenever as many answers have come; `onAnswered` hears how long it took. */
class Asker implements ChannelHandler {
  readonly #loop: EventLoop
  readonly #requests: Uint8Array
  readonly #answerBytes: number
  readonly #onAnswered: (millis: number) => void
  channel: Channel | undefined
  #missing = greetingBytes
  #askedMillis = 0
  #isGreeted = false

  constructor(loop: EventLoop, count: number, onAnswered: (millis: number) => void) {
    this.#loop = loop
    this.#requests = Buffer.concat(Array.from({ length: count }, () => request))
    this.#answerBytes = count * replyBytes
    this.#onAnswered = onAnswered
  }

  ask(count = 1): void {
    this.#askedMillis = this.#loop.calls.monotonicMillis()
    for (let left = count; left > 0; left--) this.channel?.send(this.#requests)
  }

  onReceive(bytes: Uint8Array): void {
    this.#missing -= bytes.length
    while (this.#missing <= 0) {
      if (this.#isGreeted) this.#onAnswered(this.#loop.calls.monotonicMillis() - this.#askedMillis)
      this.#missing += this.#answerBytes
      if (this.#isGreeted) this.ask()
      this.#isGreeted = true
    }
  }

  onDrained(): void {}
  onEnd(): void {}
}

const askAll = Effect.fnUntraced(function* (
  path: string,
  clients: number,
  each: number,
  ahead: number,
  onAnswered: (millis: number) => void
) {
  const loop = yield* Reactor
  for (let index = 0; index < clients; index++) {
    const socket = yield* UnixSocket.connect(path)
    const asker = new Asker(loop, each, onAnswered)
    const channel = Channel.open(loop, socket, asker, outputBytesMax)
    if (!(channel instanceof Channel)) return yield* channel
    asker.channel = channel
    asker.ask(ahead)
    yield* Effect.addFinalizer(() => Effect.sync(() => channel.close()))
  }
})

const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

const measure = Effect.fnUntraced(function* (path: string, seconds: number, flooders: number) {
  const millis: Array<number> = []
  yield* askAll(path, flooders, batch, depth / batch, () => {})
  yield* askAll(path, politeCount, 1, 1, (each) => millis.push(each))
  // The first half second is for the compiler, and for flooders to come into their stride.
  yield* Effect.sleep("500 millis")
  millis.length = 0
  yield* Effect.sleep(seconds * 1000)
  millis.sort((one, other) => one - other)
  return { answers: millis.length, p50: percentile(millis, 0.5), p99: percentile(millis, 0.99) }
}, Effect.scoped)

const run = async <A, E>(program: Effect.Effect<A, E, Reactors.Services>): Promise<A> => {
  const exit = await Effect.runPromise(Reactors.run(program))
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(String(exit.cause))
}

type Measured = Effect.Success<ReturnType<typeof measure>>

const line = (name: string, { answers, p50, p99 }: Measured) =>
  `${name}: p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms, ${answers} answers`

/** Runs a program on one processor. */
const spawnOn = (processor: number, ...command: ReadonlyArray<string>) =>
  Bun.spawn(["taskset", "--cpu-list", String(processor), ...command], { stdio: ["ignore", "pipe", "pipe"] })

const measureAll = async (rounds: number, seconds: number): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "fairness-"))
  const socket = join(directory, "s")
  const server = spawnOn(0, join(import.meta.dir, "../../../dist/scached"), "serve", "--socket", socket)
  try {
    await server.stderr.getReader().read()
    const ratios: Array<number> = []
    for (let index = 0; index < rounds; index++) {
      const alone = await run(measure(socket, seconds, 0))
      const beside = await run(measure(socket, seconds, flooderCount))
      ratios.push(beside.p99 / alone.p99)
      console.log(`${line("alone", alone)}; ${line("beside flooders", beside)}; p99 ratio ${ratios.at(-1)?.toFixed(2)}`)
    }
    ratios.sort((one, other) => one - other)
    console.log(`median ratio of p99: ${percentile(ratios, 0.5).toFixed(2)} (${rounds} rounds)`)
  } finally {
    server.kill()
    await server.exited
    rmSync(directory, { recursive: true })
  }
}

const [role = "5", argument = "2"] = process.argv.slice(2)
if (role === "measure") await measureAll(Number(argument), Number(process.argv[4]))
else {
  const measuring = spawnOn(1, process.execPath, import.meta.path, "measure", role, argument)
  for await (const chunk of measuring.stdout) process.stdout.write(chunk)
  process.exitCode = await measuring.exited
}
