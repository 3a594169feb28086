/** The two sessions of packages/protocol under damaged bytes, in memory: against the reference server, and split in every way. */
import {
  ClientSession as Client,
  type ClientSession,
  OctetString,
  type Request,
  ServerSession
} from "@scached/protocol"
import { Result } from "effect"
import fc from "fast-check"
import { type CheckOptions, type CheckResult, check } from "./Check.ts"
import { clientBytes, serverBytes } from "./Mutations.ts"
import { ReferenceServer, type Said } from "./ReferenceServer.ts"
import { type Kept, ReferenceStore, type Taken } from "./ReferenceStore.ts"

/** Small, so that damaged bytes meet it. */
const requestBytesMax = 400
const replyBytesMax = 300
/** The greeting, or the longest reply of the store below. */
const outputBytesMax = 64
const writesMax = 10

/** One write, which arrives as one read or as several; a descriptor comes with a write of a single byte. */
type Write = string | { readonly descriptor: string }

/** Labels that begin with `n` are not cached. It keeps nothing, so that what is tried is the session alone. */
class SteadyStore extends ReferenceStore {
  override takeEndpoint(label: string): Taken | undefined {
    return label.startsWith("n") ? undefined : { kept: connection, destinationProperties: "D" }
  }
  override takeDestination(label: string): Taken | undefined {
    return this.takeEndpoint(label)
  }
  override bind(): void {
    // It keeps nothing.
  }
  override putBack(): void {
    // It keeps nothing.
  }
}

const connection: Kept = { id: "cached", properties: "P", label: "", order: 0 }

interface Outcome {
  readonly said: string
  readonly saved: ReadonlyArray<string>
  readonly dropped: ReadonlyArray<string>
}

const inWords = (said: ReadonlyArray<Said>): string =>
  said.map((each) => (each._tag === "Bytes" ? each.bytes.replaceAll("\0", "|") : "<D>")).join("")

const byReference = (writes: ReadonlyArray<Write>): Outcome => {
  const store = new SteadyStore()
  const server = new ReferenceServer(store, requestBytesMax)
  for (const write of writes) {
    if (typeof write === "string") server.feed(write)
    else server.feed("\0", write.descriptor)
  }
  const saved = store.kept.map(({ label, properties, id }) => `${id} ${label} ${properties}`)
  return { said: inWords(server.said), saved, dropped: server.dropped }
}

const octets = (text: string): OctetString.OctetString => Result.getOrThrow(OctetString.make(text))

class ServerDriver {
  readonly saved: Array<string> = []
  readonly dropped: Array<string> = []
  said = ""
  readonly #session = new ServerSession<string>({ requestBytesMax })
  readonly #shared = Buffer.alloc(4_096)

  constructor() {
    this.#drain()
  }

  read(bytes: string, descriptor?: string): void {
    const session = this.#session
    const count = this.#shared.write(bytes, "latin1")
    session.push(this.#shared, descriptor, count)
    for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
      this.#drain()
      switch (step._tag) {
        case "SaveEndpoint":
          if (step.descriptor !== undefined)
            this.saved.push(`${step.descriptor} ${step.request.label} ${step.request.properties}`)
          session.replyStatus(step.descriptor === undefined ? 2 : 0)
          break
        case "SaveDestination":
          session.replyStatus(0)
          break
        case "FindEndpoint":
        case "FindDestination":
          if (step.request.label.startsWith("n")) session.replyStatus(2)
          else if (step._tag === "FindEndpoint") session.replyFound(octets("P"))
          else session.replyFound(octets("P"), octets("D"))
          break
        case "Inspect":
          // The reference is scache(8), which knows no such request.
          session.replyStatus(1)
          break
        case "SendDescriptor":
          this.said += "<D>"
          session.descriptorSent()
          break
        case "Stray":
          this.dropped.push(step.descriptor)
          break
        default:
          break
      }
      this.#drain()
    }
    this.#drain()
    // What the session still needs it must have copied.
    this.#shared.fill(0x2a)
  }

  end(): Outcome {
    const { descriptor } = this.#session.close()
    if (descriptor !== undefined) this.dropped.push(descriptor)
    return { said: this.said, saved: this.saved, dropped: this.dropped }
  }

  #drain(): void {
    const output = this.#session.output()
    if (output === undefined) return
    if (output.length > outputBytesMax) throw new Error(`${output.length} bytes of output wait at one step`)
    this.said += Buffer.from(output).toString("latin1").replaceAll("\0", "|")
  }
}

/** How each write is cut: at these distances, over and over. */
const pieces = (bytes: string, cuts: ReadonlyArray<number>): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = cuts[turn % cuts.length] ?? bytes.length
    found.push(bytes.slice(at, at + size))
    at += size
  }
  return found
}

const bySession = (writes: ReadonlyArray<Write>, cuts: ReadonlyArray<number>): Outcome => {
  const driver = new ServerDriver()
  for (const write of writes) {
    if (typeof write === "string") for (const piece of pieces(write, cuts)) driver.read(piece)
    else driver.read("\0", write.descriptor)
  }
  return driver.end()
}

const mustEqual = (what: string, found: unknown, expected: unknown): void => {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}:\n  found    ${one}\n  expected ${other}`)
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
const passed = fc.constant("descriptor" as const)
const writes = (bytes: fc.Arbitrary<string>): fc.Arbitrary<ReadonlyArray<Write>> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: bytes }, { weight: 1, arbitrary: passed }), { maxLength: writesMax })
    .map((all) => all.map((each, index) => (each === "descriptor" ? { descriptor: `descriptor ${index}` } : each)))

/** The server's side: says and keeps what the reference does, whatever the split. */
export const fuzzServer = (options: CheckOptions): CheckResult =>
  check("server-session", fc.tuple(writes(clientBytes), cuts), options, ([all, sizes]) => {
    const expected = byReference(all)
    mustEqual("in whole reads it does not do as the reference", bySession(all, []), expected)
    mustEqual("byte by byte it does not do as in whole reads", bySession(all, [1]), expected)
    mustEqual(`cut at ${sizes} it does not do as in whole reads`, bySession(all, sizes), expected)
  })

const requests: ReadonlyArray<Request.Request | undefined> = [
  undefined,
  { _tag: "FindEndpoint", label: octets("E") },
  { _tag: "FindDestination", label: octets("E") }
]

const clientSteps = (
  start: Request.Request | undefined,
  all: ReadonlyArray<Write>,
  sizes: ReadonlyArray<number>
): ReadonlyArray<string> => {
  const session: ClientSession<string> = new Client<string>({ replyBytesMax })
  const steps: Array<string> = []
  const out: Array<string> = []
  if (start !== undefined) Result.getOrThrow(session.start(start))
  const read = (bytes: string, descriptor?: string): void => {
    session.push(Buffer.from(bytes, "latin1"), descriptor)
    for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
      steps.push(step._tag === "Failed" ? step.error.message : JSON.stringify(step))
      if (step._tag === "SendDescriptor") session.descriptorSent()
      if (step._tag === "Received" || step._tag === "Stray") out.push(step.descriptor)
    }
  }
  for (const write of all) {
    if (typeof write === "string") for (const piece of pieces(write, sizes)) read(piece)
    else read("\0", write.descriptor)
  }
  const rest = session.close()
  const came = all.flatMap((each) => (typeof each === "string" ? [] : [each.descriptor]))
  mustEqual("descriptors that came out", [...out, ...(rest === undefined ? [] : [rest])], came)
  return steps
}

/** The client's side: no bytes make it throw or lose a descriptor, and splits do not matter to it. */
export const fuzzClient = (options: CheckOptions): CheckResult =>
  check("client-session", fc.tuple(fc.constantFrom(...requests), writes(serverBytes), cuts), options, (value) => {
    const [start, all, sizes] = value
    const expected = clientSteps(start, all, [])
    mustEqual("byte by byte the steps are others", clientSteps(start, all, [1]), expected)
    mustEqual(`cut at ${sizes} the steps are others`, clientSteps(start, all, sizes), expected)
  })

/**
 * How much more memory the process holds after a client sent so many bytes of one value, of which nothing may be kept beyond the limit;
 * in bytes.
 */
export const growthOfEndlessRequest = (megabytes: number): number => {
  const session = new ServerSession<string>()
  const chunk = new Uint8Array(65_536).fill(0x61)
  Bun.gc(true)
  const before = process.memoryUsage.rss()
  for (let sent = 0; sent < megabytes * 2 ** 20; sent += chunk.length) {
    session.push(chunk)
    while (session.next()._tag !== "Idle") session.output()
  }
  Bun.gc(true)
  return process.memoryUsage.rss() - before
}
