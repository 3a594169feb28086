/** The conversations of docs/protocol.md, played against the server's session. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Result } from "effect"
import { OctetString, Reply } from "../src/index.ts"
import { type Act, ServerDriver } from "./support/ServerDriver.ts"

const document = readFileSync(join(import.meta.dir, "../../../docs/protocol.md"), "utf8")
const blocks = [...document.matchAll(/```conversation\n(.*?)```/gs)].map((match) =>
  (match[1] ?? "").trimEnd().split("\n")
)

const octets = (text: string) => Result.getOrThrow(OctetString.fromUtf8(text))

/** A server that has what the document's finds find. */
const act: Act = (step, session) => {
  switch (step._tag) {
    case "SaveEndpoint":
      return session.replyStatus(step.descriptor === undefined ? Reply.Status.failed : Reply.Status.ok)
    case "SaveDestination":
      return session.replyStatus(Reply.Status.ok)
    case "FindEndpoint":
      if (step.request.label === octets("unknown")) return session.replyStatus(Reply.Status.failed)
      return session.replyFound(octets("reuse_count=1\n"))
    case "FindDestination":
      return session.replyFound(octets("reuse_count=1\n"), octets("mx"))
    case "SendDescriptor":
      return session.descriptorSent()
    default:
      return undefined
  }
}

const bytesOf = (words: string): Uint8Array =>
  Buffer.from(words.replace("<D>", "|").replaceAll("\\n", "\n").replaceAll("|", "\0"), "latin1")

describe("docs/protocol.md", () => {
  test("has the greeting, the four exchanges and the mistakes", () => {
    const requests = ["save_endp", "find_endp", "save_dest", "find_dest"]
    const played = blocks.flat().join("\n")
    expect(requests.filter((name) => !played.includes(`request|${name}|`))).toEqual([])
    expect(blocks.length).toBeGreaterThanOrEqual(7)
  })

  for (const [index, lines] of blocks.entries()) {
    test(`conversation ${index + 1} is what the server says: ${lines[1] ?? lines[0]}`, () => {
      const driver = new ServerDriver(act)
      let seen = 0
      for (const line of lines) {
        const words = line.slice("S: ".length)
        if (line.startsWith("C: ")) {
          driver.feed([{ bytes: bytesOf(words), ...(words.includes("<D>") ? { descriptor: "passed" } : {}) }])
          continue
        }
        const said = driver.sent.slice(seen, seen + words.replaceAll("\\n", "\n").length)
        expect(said.replaceAll("\n", "\\n")).toBe(words)
        seen += said.length
      }
      expect(driver.sent.slice(seen)).toBe("")
    })
  }
})
