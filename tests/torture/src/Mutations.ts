/** Arbitrary bytes that look like the protocol: its real messages, damaged. */
import fc from "fast-check"
import { clientMessages, serverMessages } from "./Goldens.ts"

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
const damage = fc.record({
  kind: fc.constantFrom("replace", "insert", "delete", "double", "cut"),
  at: fc.nat(400),
  length: fc.integer({ min: 1, max: 20 }),
  byte
})

const damaged = (
  text: string,
  { kind, at, length, byte: put }: typeof damage extends fc.Arbitrary<infer A> ? A : never
) => {
  const from = text.length === 0 ? 0 : at % text.length
  const [before, rest] = [text.slice(0, from), text.slice(from)]
  switch (kind) {
    case "replace":
      return before + put + rest.slice(1)
    case "insert":
      return before + put + rest
    case "delete":
      return before + rest.slice(length)
    case "double":
      return before + rest.slice(0, length) + rest
    default:
      return before
  }
}

const mutated = (messages: ReadonlyArray<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...messages), fc.array(damage, { maxLength: 3 }))
    .map(([text, all]) => all.reduce(damaged, text))

const word = fc.constantFrom(
  "request\0",
  "save_endp\0",
  "find_endp\0",
  "save_dest\0",
  "find_dest\0",
  "ttl\0",
  "label\0",
  "property\0",
  "dummy\0",
  "status\0",
  "protocol\0connection_cache_protocol\0",
  "5\0",
  "0\0",
  "2\0",
  "E\0",
  "\0",
  "\0\0",
  "x"
)
const words = fc.array(word, { maxLength: 10 }).map((all) => all.join(""))
const noise = fc.array(byte, { minLength: 1, maxLength: 30 }).map((all) => all.join(""))
const long = fc.integer({ min: 50, max: 900 }).map((length) => `request\0find_endp\0label\0${"x".repeat(length)}\0\0`)

const bytesOf = (messages: ReadonlyArray<string>): fc.Arbitrary<string> =>
  fc
    .oneof(
      { weight: 6, arbitrary: mutated(messages) },
      { weight: 2, arbitrary: words },
      { weight: 1, arbitrary: noise },
      { weight: 1, arbitrary: long }
    )
    .filter((text) => text.length > 0)

/** What a client may write, one character a byte; never empty. */
export const clientBytes: fc.Arbitrary<string> = bytesOf(clientMessages)

/** What a server may write. */
export const serverBytes: fc.Arbitrary<string> = bytesOf(serverMessages)
