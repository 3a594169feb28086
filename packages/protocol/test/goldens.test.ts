import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { AttributeList, ClientSession, Reply, Request, type ServerStep } from "../src/index.ts"
import { bytesOf, type Golden, goldens, noteOf } from "./support/goldens.ts"
import { ServerDriver } from "./support/ServerDriver.ts"
import { allSplits, join, type Split } from "./support/splits.ts"

/** The first list in bytes, and what is behind it. */
const firstList = (bytes: Uint8Array): readonly [list: Uint8Array, rest: Uint8Array] => {
  const decoder = new AttributeList.Decoder()
  for (let at = 0; at < bytes.length; at++) {
    if (decoder.push(bytes.subarray(at, at + 1)).length > 0) return [bytes.subarray(0, at + 1), bytes.subarray(at + 1)]
  }
  throw new Error("no whole list")
}

const serverLists = (golden: Golden): Array<Uint8Array> => {
  const lists: Array<Uint8Array> = []
  let rest = join(golden.exchange.filter((message) => message.from === "server" && !message.descriptor).map(bytesOf))
  while (rest.length > 0) {
    const [list, behind] = firstList(rest)
    lists.push(list)
    rest = behind
  }
  return lists
}

const isReply = (list: Uint8Array): boolean => list[0] === 0x73

/** Replays the client's bytes to our server, whose store answers what the captured server answered. */
const replayToServer = (golden: Golden, split: Split): void => {
  const replies = serverLists(golden).filter(isReply)
  const greets = serverLists(golden).some((list) => list[0] === 0x70)
  const answer = (tag: Request.Request["_tag"]): Reply.Reply =>
    Result.getOrThrow(Reply.decode(tag, replies.shift() ?? new Uint8Array()))
  const driver = new ServerDriver(
    (step: ServerStep<string>, session) => {
      switch (step._tag) {
        case "SaveEndpoint":
        case "SaveDestination":
        case "FindEndpoint":
        case "FindDestination": {
          const reply = answer(step._tag)
          if (step._tag === "SaveEndpoint") expect(reply.status).toBe(step.descriptor === undefined ? 2 : 0)
          if (reply._tag === "EndpointReply" && reply.status === 0) session.replyFound(reply.properties)
          else if (reply._tag === "DestinationReply" && reply.status === 0) {
            session.replyFound(reply.properties, reply.destinationProperties)
          } else session.replyStatus(reply.status)
          break
        }
        case "SendDescriptor":
          session.descriptorSent()
          break
        case "Malformed":
          replies.shift()
          break
      }
    },
    { greeting: greets }
  )
  let expected = ""
  for (const message of golden.exchange) {
    if (message.from === "server") {
      expected += noteOf(message)
    } else {
      expect(driver.sent).toBe(expected)
      driver.feed(
        split(message.descriptor ? { bytes: bytesOf(message), descriptor: "D" } : { bytes: bytesOf(message) })
      )
    }
  }
  expect(driver.sent).toBe(expected)
  expect(driver.session.owesBytes).toBe(false)
}

/** Whether a client of ours would ever say these bytes: whole requests and plain dummies, each in its place. */
const isOrderly = (golden: Golden): boolean => {
  try {
    replayToClient(golden, (write) => [write])
    return true
  } catch (error) {
    if (error instanceof NotOurs) return false
    throw error
  }
}

class NotOurs extends Error {}

/** Replays the server's bytes to our client, which starts the requests that the captured client started. */
const replayToClient = (golden: Golden, split: Split): number => {
  const session = new ClientSession<string>()
  let answered = 0
  let ahead = ""
  const take = (): void => {
    const output = session.output()
    if (output !== undefined) ahead += Buffer.from(output).toString("latin1")
  }
  /** The captured client's bytes must be those that ours has put out. */
  const match = (sent: Uint8Array): void => {
    let rest = sent
    while (rest.length > 0) {
      take()
      if (ahead === "") {
        const request = Request.decode(firstList(rest)[0])
        if (session.state !== "ready" || Result.isFailure(request)) throw new NotOurs()
        if (!Buffer.from(Request.encode(request.success)).equals(firstList(rest)[0])) throw new NotOurs()
        Result.getOrThrow(session.start(request.success))
        continue
      }
      const part = Buffer.from(rest).toString("latin1")
      if (!part.startsWith(ahead)) throw new NotOurs()
      rest = rest.subarray(ahead.length)
      ahead = ""
    }
  }
  let sending = false
  for (const message of golden.exchange) {
    if (message.from === "client") {
      if (message.descriptor) {
        if (!sending || message.bytes !== "00") throw new NotOurs()
        session.descriptorSent()
        sending = false
        if (session.next()._tag !== "Idle") throw new NotOurs()
      } else if (sending) throw new NotOurs()
      else match(bytesOf(message))
      continue
    }
    for (const read of split(
      message.descriptor ? { bytes: bytesOf(message), descriptor: "D" } : { bytes: bytesOf(message) }
    )) {
      session.push(read.bytes, read.descriptor)
      for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
        if (step._tag === "SendDescriptor") {
          sending = true
          break
        }
        if (step._tag === "Received") expect(step.descriptor).toBe("D")
        else expect(step._tag).toBe("Answered")
        answered++
      }
    }
  }
  return answered
}

test("there are goldens", () => {
  expect(goldens.length).toBeGreaterThan(0)
})

for (const [how, split] of allSplits) {
  describe(how, () => {
    for (const golden of goldens) {
      test(`our server answers ${golden.name} like ${golden.source}`, () => replayToServer(golden, split()))
    }
    const orderly = goldens.filter(isOrderly)
    test("there are goldens for the client", () => expect(orderly.length).toBeGreaterThan(4))
    for (const golden of orderly) {
      test(`our client understands ${golden.name} of ${golden.source}`, () => {
        expect(replayToClient(golden, split())).toBeGreaterThan(0)
      })
    }
  })
}
