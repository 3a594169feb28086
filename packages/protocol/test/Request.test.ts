import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { Request } from "../src/index.ts"
import { encoded, request, wildList } from "./support/arbitraries.ts"
import { list } from "./support/lists.ts"
import { property } from "./support/property.ts"

const error = (bytes: Uint8Array) => Result.getOrThrow(Result.flip(Request.decode(bytes)))

describe("each way to be malformed has its error", () => {
  const vectors: ReadonlyArray<readonly [Uint8Array, string, string]> = [
    [list(), "RequestMissing", 'expected attribute "request", found an empty list'],
    [list("label=x"), "RequestMissing", 'expected attribute "request", found attribute "label"'],
    [list("request=frob\x07"), "UnknownRequest", 'unknown request "frob\\x07": expected save_endp'],
    [list("request="), "UnknownRequest", 'unknown request ""'],
    [list("request=find_endp"), "MissingAttribute", 'find_endp request: attribute "label" is missing'],
    [list("request=find_dest", "lable=x"), "UnexpectedAttribute", 'expected attribute "label", found "lable"'],
    [list("request=save_endp", "label=x"), "UnexpectedAttribute", 'expected attribute "ttl", found "label"'],
    [list("request=save_endp", "ttl=x1"), "InvalidTtl", 'bad ttl "x1"'],
    [list("request=save_endp", "ttl=1"), "MissingAttribute", 'attribute "label" is missing'],
    [list("request=save_endp", "ttl=1", "label=x"), "MissingAttribute", 'attribute "property" is missing'],
    [
      list("request=save_endp", "ttl=1", "label=x", "x=y"),
      "UnexpectedAttribute",
      'expected attribute "property", found "x"'
    ],
    [list("request=save_endp", "ttl=1", "x=y"), "UnexpectedAttribute", 'expected attribute "label", found "x"'],
    [
      list("request=save_dest", "ttl=1", "label=x", "property=y", "x=y"),
      "UnexpectedAttribute",
      'expected attribute "label", found "x"'
    ],
    [
      list("request=save_dest", "ttl=1", "label=x", "property=y"),
      "MissingAttribute",
      'save_dest request: attribute "label" is missing'
    ]
  ]
  for (const [bytes, tag, message] of vectors) {
    test(`${tag}: ${message}`, () => {
      expect(error(bytes)._tag as string).toBe(tag)
      expect(error(bytes).message).toContain(message)
    })
  }
})

test("found text is bounded and safe to print", () => {
  const { message } = error(list(`request=\x1b[31m\r\n${"\xff".repeat(50_000)}`))
  expect(message.length).toBeLessThan(600)
  expect(message).toMatch(/^[\x20-\x7e]+$/)
  expect(message).toContain("(50007 octets)")
})

test("a farewell that follows the properties is read, and written", () => {
  const save = list("request=save_endp", "ttl=5", "label=l", "property=", "farewell=smtp")
  const found = Result.getOrThrow(Request.decode(save))
  expect(found).toHaveProperty("farewell", "smtp")
  expect(Request.encode(found)).toEqual(save)
  const elsewhere = list("request=save_endp", "ttl=5", "label=l", "property=", "x=y", "farewell=smtp")
  expect(Result.getOrThrow(Request.decode(elsewhere))).not.toHaveProperty("farewell")
})

test("attributes behind the last wanted one are ignored", () => {
  const decoded = Request.decode(list("request=find_endp", "label=x", "label=y", "a=b", "c=d", "e=f", "g=h"))
  expect(Result.getOrThrow(decoded)).toEqual({ _tag: "FindEndpoint", label: "x" } as Request.Request)
})

test("what is printed parses back", () => {
  property(import.meta.path, "what is printed parses back", request, (value) => {
    expect(Request.encode(value)).toEqual(encoded(value))
    expect(Result.getOrThrow(Request.decode(Request.encode(value)))).toEqual(value)
  })
})

test("no bytes make it throw", () => {
  const anything = fc.oneof(wildList, fc.uint8Array({ maxLength: 60 }))
  property(import.meta.path, "no bytes make it throw", anything, (bytes) => {
    const decoded = Request.decode(bytes)
    if (Result.isFailure(decoded)) expect(decoded.failure.message.length).toBeLessThan(600)
  })
})
