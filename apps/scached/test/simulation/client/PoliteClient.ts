import type { Descriptor } from "@scached/fdpass"
import { ClientSession, type Reply, type Request } from "@scached/protocol"
import * as Message from "./Message.ts"
import { ConnectionOver, type Script, type SimulatedClient, Stalled } from "./SimulatedClient.ts"

/** Moments in a conversation at which a client may die or stall. */
export const points = [
  "connected",
  "request begun",
  "request sent",
  "descriptor due",
  "descriptor sent",
  "found",
  "dummy sent",
  "descriptor received",
  "answered"
] as const

export type Point = (typeof points)[number]

/** What becomes of a client, and when. */
export interface Fate {
  readonly at: Point
  readonly how: "dies" | "stalls"
  /** How often it passes there before. */
  passes: number
}

/** What came of a request. */
export interface Outcome {
  readonly reply: Reply.Reply
  readonly descriptor: Descriptor | undefined
}

/**
 * A client that keeps to the protocol, by the session that other programs use too, and checks every answer against what the model has
 * said when the daemon gave it.
 */
export class PoliteClient {
  readonly client: SimulatedClient
  readonly #session = new ClientSession<Descriptor>()
  readonly #fate: Fate | undefined
  readonly #fail: (message: string) => void
  #request: Request.Request | undefined
  #answered = 0

  constructor(client: SimulatedClient, fail: (message: string) => void, fate?: Fate) {
    this.client = client
    this.#fail = fail
    this.#fate = fate
  }

  *connect(): Script {
    yield* this.client.connect()
    yield* this.#point("connected")
  }

  /** One request to its end. The last dummy of a find stays in the session, to go with the next request, until `flush`. */
  *ask(request: Request.Request, cargo?: Descriptor): Script<Outcome> {
    const session = this.#session
    this.#request = request
    session.start(request)
    if (this.#fate?.at === "request begun" && this.#fate.passes === 0) yield* this.#beginOnly(request)
    yield* this.flush()
    yield* this.#point("request sent")
    for (;;) {
      const step = session.next()
      switch (step._tag) {
        case "Idle": {
          if (session.state === "awaiting the descriptor") {
            yield* this.#point("found")
            yield* this.flush()
            yield* this.#point("dummy sent")
          }
          const { bytes, descriptor } = yield* this.client.receive()
          session.push(bytes, descriptor)
          break
        }
        case "SendDescriptor":
          if (cargo === undefined) throw new Error("there is nothing to save")
          yield* this.#point("descriptor due")
          yield* this.client.passDescriptor(Message.byte, cargo)
          session.descriptorSent()
          yield* this.#point("descriptor sent")
          break
        case "Answered":
          this.#check(step.reply, undefined)
          this.#drain()
          yield* this.#point("answered")
          return { reply: step.reply, descriptor: undefined }
        case "Received":
          this.#check(step.reply, step.descriptor)
          this.#drain()
          yield* this.#point("descriptor received")
          return { reply: step.reply, descriptor: step.descriptor }
        default:
          this.#fail(`${this.client.name}: ${step._tag} ${step._tag === "Failed" ? step.error.message : ""}`)
          throw new ConnectionOver()
      }
    }
  }

  /** Sends what is ready. */
  *flush(): Script {
    const output = this.#session.output()
    if (output !== undefined) yield* this.client.say(Message.spoken(output, this.#request))
    this.#request = undefined
  }

  #drain(): void {
    const step = this.#session.next()
    if (step._tag !== "Idle") this.#fail(`${this.client.name}: ${step._tag} behind an answer`)
  }

  *#beginOnly(request: Request.Request): Script {
    const message = Message.request(request)
    yield* this.client.begin(message, 1 + this.client.random.below(message.bytes.length - 1))
    yield* this.#point("request begun")
  }

  *#point(at: Point): Script {
    const fate = this.#fate
    if (fate === undefined || fate.at !== at || fate.passes-- > 0) return
    // Whatever is under way on the other side may go on for a while, or not.
    for (let left = this.client.random.below(4); left > 0; left--) yield "moved"
    if (this.client.random.chance(0.3)) yield* this.client.sleep(this.client.random.below(20))
    if (fate.how === "stalls") throw new Stalled()
    throw new ConnectionOver()
  }

  #check(reply: Reply.Reply, descriptor: Descriptor | undefined): void {
    const { client } = this
    const wanted = client.conversation.answers[this.#answered++]
    const got = {
      status: reply.status as number,
      properties: reply._tag === "StatusReply" || reply.status !== 0 ? undefined : (reply.properties as string),
      destinationProperties:
        reply._tag === "DestinationReply" && reply.status === 0 ? (reply.destinationProperties as string) : undefined,
      fileId: descriptor === undefined ? undefined : client.process.inspect(descriptor).fileId
    }
    if (!Bun.deepEquals(got, wanted)) {
      this.#fail(`${client.name}: got ${JSON.stringify(got)}, must have got ${JSON.stringify(wanted)}`)
    }
  }
}
