/**
 * What the server session costs a request, in nanoseconds: `bun run benchmark/serverSession.ts [rounds]`.
 *
 * One request is its whole exchange, each of the client's messages in a read of its own, as real clients send them.
 */
import { type OctetString, Request, ServerSession, type TtlSeconds } from "../src/index.ts"

const rounds = Number(process.argv[2] ?? 300_000)
const repetitions = 5

// These cannot lie: plain ASCII without NUL, and a ttl in the range.
const octets = (text: string) => text as OctetString.OctetString
const ttlSeconds = 30 as TtlSeconds.TtlSeconds

const endpoint = octets("smtp\n[192.0.2.1]:25\nmx.example.test\n[192.0.2.1]:25\n*\n")
const destination = octets("smtp\nexample.test\n*\n")
const properties = octets("mx.example.test\n127.0.0.1\n25\n1048576\n")
const large = octets("x".repeat(6000))

const dummy = new Uint8Array(Buffer.from("dummy\0\0\0", "latin1"))
const oneByte = new Uint8Array([0])
const shared = new Uint8Array(65_536)

interface Message {
  readonly bytes: Uint8Array
  readonly descriptor?: number
}

const exchanges: Record<string, ReadonlyArray<Message>> = {
  save_endp: [
    { bytes: Request.encode({ _tag: "SaveEndpoint", ttlSeconds, label: endpoint, properties }) },
    { bytes: oneByte, descriptor: 7 }
  ],
  "save_endp, 6 kB of properties": [
    { bytes: Request.encode({ _tag: "SaveEndpoint", ttlSeconds, label: endpoint, properties: large }) },
    { bytes: oneByte, descriptor: 7 }
  ],
  save_dest: [
    {
      bytes: Request.encode({
        _tag: "SaveDestination",
        ttlSeconds,
        label: destination,
        properties,
        endpointLabel: endpoint
      })
    }
  ],
  "find_dest, found": [
    { bytes: Request.encode({ _tag: "FindDestination", label: destination }) },
    { bytes: dummy },
    { bytes: dummy }
  ],
  "find_endp, not cached": [{ bytes: Request.encode({ _tag: "FindEndpoint", label: octets("no") }) }]
}

const session = new ServerSession<number>()
let outputBytes = session.output()?.length ?? 0

const read = ({ bytes, descriptor }: Message): void => {
  shared.set(bytes)
  session.push(shared, descriptor, bytes.length)
  for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
    if (step._tag === "SaveEndpoint" || step._tag === "SaveDestination") session.replyStatus(0)
    else if (step._tag === "FindEndpoint") session.replyStatus(2)
    else if (step._tag === "FindDestination") session.replyFound(properties, properties)
    else if (step._tag === "SendDescriptor") session.descriptorSent()
  }
  outputBytes += session.output()?.length ?? 0
}

for (const [name, messages] of Object.entries(exchanges)) {
  let best = Number.POSITIVE_INFINITY
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const started = Bun.nanoseconds()
    for (let round = 0; round < rounds; round++) for (const message of messages) read(message)
    best = Math.min(best, (Bun.nanoseconds() - started) / rounds)
  }
  console.log(`${name.padEnd(30)} ${best.toFixed(0).padStart(6)} ns`)
}
console.log(`${outputBytes} bytes of output`)
