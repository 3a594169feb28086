import { describe, expect, test } from "bun:test"
import { OctetString, Reply } from "@scached/protocol"
import { Result } from "effect"
import {
  dummyReply,
  greeting,
  incomplete,
  makeReplyView,
  malformed,
  readFixed,
  readFound,
  readStatus
} from "../../src/load/replies.ts"

const octets = (text: string) => Result.getOrThrow(OctetString.make(text))

const found = (properties: ReadonlyArray<string>) =>
  Buffer.from(`status\0${0}\0${properties.map((each) => `property\0${each}\0`).join("")}\0`, "latin1")

describe("replies read in place", () => {
  test("are those that the protocol's encoder makes", () => {
    const view = makeReplyView()
    const reply = Buffer.from(
      Reply.encode({
        _tag: "DestinationReply",
        status: 0,
        destinationProperties: octets("of the binding"),
        properties: octets("of the connection")
      })
    )
    expect(readFound(reply, reply.length, 2, view)).toBe(reply.length)
    expect(view.status).toBe(0)
    expect(reply.toString("latin1", view.firstStart, view.firstEnd)).toBe("of the binding")
    expect(reply.toString("latin1", view.lastStart, view.lastEnd)).toBe("of the connection")
  })

  test("are incomplete at every byte before the last", () => {
    const view = makeReplyView()
    const reply = found(["", "x"])
    for (let end = 0; end < reply.length; end++) expect(readFound(reply, end, 2, view)).toBe(incomplete)
    const status = Buffer.from("status\x002\0\0", "latin1")
    for (let end = 0; end < status.length; end++) expect(readStatus(status, end, view)).toBe(incomplete)
    expect(readStatus(status, status.length, view)).toBe(status.length)
    expect(view.status).toBe(2)
    for (let end = 0; end < greeting.length; end++) expect(readFixed(greeting, end, greeting)).toBe(incomplete)
  })

  test("are malformed with another name, another number of attributes or another value", () => {
    const view = makeReplyView()
    for (const text of ["statuz\x000\0\0", "status\x00x\0\0", "status\x0000\0\0", "status\x000\0property\0"]) {
      const bytes = Buffer.from(text, "latin1")
      expect(readStatus(bytes, bytes.length, view)).toBe(malformed)
    }
    const one = found(["only one"])
    expect(readFound(one, one.length, 2, view)).toBe(malformed)
    const three = found(["1", "2", "3"])
    expect(readFound(three, three.length, 2, view)).toBe(malformed)
    expect(readFixed(dummyReply, dummyReply.length, greeting)).toBe(malformed)
  })
})
