import { expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { ClientSession, type Reply, type Request, ServerSession } from "../src/index.ts"
import { act } from "./support/acts.ts"
import { octets, request, write } from "./support/arbitraries.ts"
import { property } from "./support/property.ts"
import { ServerDriver } from "./support/ServerDriver.ts"
import { byteByByte, join, type Read, type Split, seeded } from "./support/splits.ts"

const writes = fc.array(write, { maxLength: 12 }).map((all) => all.map((each, index): Read => named(each, index)))
const named = (each: Read, index: number): Read =>
  each.descriptor === undefined ? each : { bytes: each.bytes, descriptor: `descriptor ${index}` }

/** As few reads as the kernel allows: what carries a descriptor never merges with other bytes. */
const merged = (all: ReadonlyArray<Read>): ReadonlyArray<Read> => {
  const reads: Array<Read> = []
  for (const each of all) {
    const last = reads.at(-1)
    if (each.descriptor === undefined && last !== undefined && last.descriptor === undefined) {
      reads[reads.length - 1] = { bytes: join([last.bytes, each.bytes]) }
    } else reads.push(each)
  }
  return reads
}

const outcome = (reads: ReadonlyArray<Read>) => {
  const driver = new ServerDriver(act, { requestBytesMax: 400 })
  driver.feed(reads)
  const remains = driver.session.close()
  return { steps: driver.steps, sent: driver.sent, out: driver.descriptorsOut, remains, peak: driver.outputBytesPeak }
}

test("splits do not matter to the server", () => {
  const cases = fc.tuple(writes, fc.integer())
  property(import.meta.path, "splits do not matter to the server", cases, ([all, seed]) => {
    const expected = { ...outcome(merged(all)), peak: 0 }
    const random = seeded(seed)
    const recut = (split: Split) => merged(all).flatMap((each) => split(each))
    expect({ ...outcome(recut(byteByByte)), peak: 0 }).toEqual(expected)
    expect({ ...outcome(recut(random)), peak: 0 }).toEqual(expected)
  })
})

test("no descriptor is forgotten, none comes out twice", () => {
  property(import.meta.path, "no descriptor is forgotten", writes, (all) => {
    const { out, remains } = outcome(all)
    const came = all.flatMap((each) => (each.descriptor === undefined ? [] : [each.descriptor]))
    expect([...out, ...(remains.descriptor === undefined ? [] : [remains.descriptor])].sort()).toEqual(came.sort())
  })
})

test("output that waits at a step is bounded, whatever a client pipelines", () => {
  property(import.meta.path, "output that waits at a step is bounded", writes, (all) => {
    expect(outcome(merged(all)).peak).toBeLessThanOrEqual(64)
  })
})

test("no bytes make the client throw, and splits do not matter to it", () => {
  const run = (kind: Request.Request | undefined, reads: ReadonlyArray<Read>): ReadonlyArray<string> => {
    const session = new ClientSession<string>({ replyBytesMax: 200 })
    const steps: Array<string> = []
    if (kind !== undefined && Result.isFailure(session.start(kind))) return steps
    for (const read of reads) {
      session.push(read.bytes, read.descriptor)
      for (let step = session.next(); step._tag !== "Idle"; step = session.next()) {
        steps.push(step._tag === "Failed" ? step.error.message : JSON.stringify(step))
        if (step._tag === "SendDescriptor") session.descriptorSent()
      }
    }
    return steps
  }
  const word = fc.constantFrom(
    "status\x000\0",
    "status\x002\0",
    "property\0a\0",
    "dummy\0\0",
    "protocol\0connection_cache_protocol\0",
    "\0",
    "x"
  )
  const bytes = fc.array(word, { maxLength: 8 }).map((words) => new Uint8Array(Buffer.from(words.join(""), "latin1")))
  const all = fc.array(
    fc.oneof(
      bytes.filter((each) => each.length > 0).map((each) => ({ bytes: each })),
      fc.constant({ bytes: new Uint8Array([0]), descriptor: "D" })
    ),
    { maxLength: 5 }
  )
  property(
    import.meta.path,
    "no bytes make the client throw",
    fc.tuple(fc.option(request, { nil: undefined }), all, fc.integer()),
    ([kind, reads, seed]) => {
      const random = seeded(seed)
      expect(
        run(
          kind,
          merged(reads).flatMap((each) => random(each))
        )
      ).toEqual([...run(kind, merged(reads))])
    }
  )
})

interface Exchange {
  readonly request: Request.Request
  readonly found: boolean
  readonly properties: Reply.EndpointReply["properties"]
  readonly destinationProperties: Reply.EndpointReply["properties"]
}

/** One exchange between our client and our server, both split at random; answers what the client got. */
const converse = (client: ClientSession<string>, server: ServerSession<string>, exchange: Exchange, split: Split) => {
  const { found, properties, destinationProperties } = exchange
  const got: Array<unknown> = []
  const served: Array<string> = []
  const toServer: Array<Read> = []
  const toClient: Array<Read> = []
  const queue = (reads: Array<Read>, bytes: Uint8Array | undefined) => {
    if (bytes !== undefined) reads.push(...split({ bytes }))
  }
  const serve = (read: Read) => {
    server.push(read.bytes, read.descriptor)
    for (let step = server.next(); step._tag !== "Idle"; step = server.next()) {
      served.push(step._tag)
      queue(toClient, server.output())
      if (step._tag === "SaveEndpoint") server.replyStatus(step.descriptor === "saved" ? 0 : 2)
      else if (step._tag === "SaveDestination") server.replyStatus(0)
      else if (step._tag === "SendDescriptor") {
        toClient.push({ bytes: new Uint8Array([0]), descriptor: "found" })
        server.descriptorSent()
      } else if (step._tag === "FindEndpoint" || step._tag === "FindDestination") {
        if (!found) server.replyStatus(2)
        else if (step._tag === "FindEndpoint") server.replyFound(properties)
        else server.replyFound(properties, destinationProperties)
      }
    }
    queue(toClient, server.output())
  }
  const receive = (read: Read) => {
    client.push(read.bytes, read.descriptor)
    for (let step = client.next(); step._tag !== "Idle"; step = client.next()) {
      if (step._tag === "SendDescriptor") {
        toServer.push({ bytes: new Uint8Array([0]), descriptor: "saved" })
        client.descriptorSent()
      } else got.push(step)
    }
    queue(toServer, client.output())
  }
  Result.getOrThrow(client.start(exchange.request))
  queue(toClient, server.output())
  queue(toServer, client.output())
  for (;;) {
    const forServer = toServer.shift()
    if (forServer !== undefined) serve(forServer)
    const forClient = toClient.shift()
    if (forClient !== undefined) receive(forClient)
    if (forServer === undefined && forClient === undefined) return { got, served }
  }
}

const expectedOf = ({ request: { _tag }, found, properties, destinationProperties }: Exchange): unknown => {
  const status = found ? 0 : 2
  const shown = found ? properties : ""
  switch (_tag) {
    case "SaveEndpoint":
    case "SaveDestination":
      return { _tag: "Answered", reply: { _tag: "StatusReply", status: 0 } }
    case "FindEndpoint": {
      const reply = { _tag: "EndpointReply", status, properties: shown }
      return found ? { _tag: "Received", reply, descriptor: "found" } : { _tag: "Answered", reply }
    }
    case "FindDestination": {
      const reply = {
        _tag: "DestinationReply",
        status,
        destinationProperties: found ? destinationProperties : "",
        properties: shown
      }
      return found ? { _tag: "Received", reply, descriptor: "found" } : { _tag: "Answered", reply }
    }
  }
}

test("our client and our server understand each other", () => {
  const exchange = fc.record({ request, found: fc.boolean(), properties: octets, destinationProperties: octets })
  const talks = fc.tuple(fc.array(exchange, { maxLength: 6 }), fc.boolean(), fc.integer())
  property(
    import.meta.path,
    "our client and our server understand each other",
    talks,
    ([exchanges, greeting, seed]) => {
      const client = new ClientSession<string>()
      const server = new ServerSession<string>({ greeting })
      const split = seeded(seed)
      for (const each of exchanges) {
        const { got, served } = converse(client, server, each, split)
        expect(got).toEqual([expectedOf(each)])
        const finds = each.request._tag.startsWith("Find") && each.found
        expect(served).toEqual(finds ? [each.request._tag, "SendDescriptor", "HandedOver"] : [each.request._tag])
      }
      expect([server.owesBytes, client.owesBytes]).toEqual([false, false])
    }
  )
})
