import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { Reply, type Request } from "../src/index.ts"
import { octets, wildList } from "./support/arbitraries.ts"
import { list, text } from "./support/lists.ts"
import { property } from "./support/property.ts"

const tags = ["SaveEndpoint", "FindEndpoint", "SaveDestination", "FindDestination"] as const
const error = (tag: Request.Request["_tag"], bytes: Uint8Array) =>
  Result.getOrThrow(Result.flip(Reply.decode(tag, bytes)))

test("replies without properties keep their shape", () => {
  const sent = tags.map((tag) => text(Reply.encode(Reply.withoutProperties(tag, Reply.Status.failed))))
  expect(sent).toEqual(["status|2||", "status|2|property|||", "status|2||", "status|2|property||property|||"])
})

test("a cache that could not read the request answers a find with a status alone", () => {
  const reply = Result.getOrThrow(Reply.decode("FindDestination", list("status=1")))
  expect(reply).toEqual(Reply.withoutProperties("FindDestination", 1))
})

describe("what is no reply", () => {
  const vectors: ReadonlyArray<readonly [Request.Request["_tag"], Uint8Array, string]> = [
    ["SaveEndpoint", list(), 'expected "status", found the end of the list'],
    ["SaveEndpoint", list("x=y"), 'found "x" with value "y"'],
    ["SaveEndpoint", list("status=3"), 'expected "status" of 0, 1 or 2'],
    ["SaveEndpoint", list("status="), 'expected "status" of 0, 1 or 2'],
    ["SaveEndpoint", list("status=00x"), 'expected "status" of 0, 1 or 2'],
    ["FindEndpoint", list("status=0"), 'expected "property", found the end of the list'],
    ["FindDestination", list("status=0", "property=a"), 'expected "property", found the end of the list'],
    ["FindDestination", list("status=0", "property=a", "x=b"), 'expected "property", found "x"']
  ]
  for (const [tag, bytes, message] of vectors) {
    test(`${tag}: ${message}`, () => {
      expect(error(tag, bytes)._tag).toBe("UnexpectedReply")
      expect(error(tag, bytes).message).toContain(message)
    })
  }
  test("half a list, and more than one", () => {
    expect(error("SaveEndpoint", list("status=0").subarray(1, 5))._tag).toBe("NotOneList")
    expect(error("SaveEndpoint", new Uint8Array([0, 0]))._tag).toBe("NotOneList")
  })
})

test("what is printed parses back", () => {
  const status = fc.constantFrom(0 as const, 1 as const, 2 as const)
  const replies = fc.oneof(
    fc
      .record({ tag: fc.constantFrom(...tags), reply: status })
      .map(({ tag, reply }) => ({ tag, reply: Reply.withoutProperties(tag, reply) })),
    octets.map((properties) => ({
      tag: "FindEndpoint" as const,
      reply: { _tag: "EndpointReply" as const, status: 0 as const, properties }
    })),
    fc.tuple(octets, octets).map(([destinationProperties, properties]) => ({
      tag: "FindDestination" as const,
      reply: { _tag: "DestinationReply" as const, status: 0 as const, destinationProperties, properties }
    }))
  )
  property(import.meta.path, "what is printed parses back", replies, ({ tag, reply }) => {
    expect(Result.getOrThrow(Reply.decode(tag, Reply.encode(reply)))).toEqual(reply)
  })
})

test("no bytes make it throw", () => {
  const anything = fc.tuple(fc.constantFrom(...tags), fc.oneof(wildList, fc.uint8Array({ maxLength: 60 })))
  property(import.meta.path, "no bytes make it throw", anything, ([tag, bytes]) => {
    Reply.decode(tag, bytes)
  })
})
