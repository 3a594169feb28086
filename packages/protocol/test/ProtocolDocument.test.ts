/** The conversations of docs/protocol.md, played against the server's session. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Result } from "effect"
import { CacheEntry, CacheEvent, CacheStatus, OctetString, Reply } from "../src/index.ts"
import { type Act, ServerDriver } from "./support/ServerDriver.ts"

const document = readFileSync(join(import.meta.dir, "../../../docs/protocol.md"), "utf8")
const blocks = [...document.matchAll(/```conversation\n(.*?)```/gs)].map((match) =>
  (match[1] ?? "").trimEnd().split("\n")
)

const octets = (text: string) => Result.getOrThrow(OctetString.fromUtf8(text))

const status: CacheStatus.CacheStatus = {
  version: "0.1.0",
  mode: "serve",
  processId: 4711,
  isBatching: false,
  startedSeconds: 1_767_225_600,
  uptimeSeconds: 12.5,
  counters: { clients: 1 },
  gauges: { clients: 1 },
  limitsReached: {},
  limits: {},
  settings: {}
}

const endpoint = CacheEntry.listedLabel(octets("smtp\n[192.0.2.1]:25\n"))
const times = { ageMillis: 1_200, remainingMillis: 58_800 }
const listed = Buffer.from(
  [
    "status\x000\0\0",
    CacheEntry.encode({
      _tag: "ConnectionEntry",
      label: endpoint,
      propertiesBytes: 14,
      ...times,
      uses: 1,
      savedBy: { processId: 4712, userId: 89 }
    }),
    CacheEntry.encode({
      _tag: "BindingEntry",
      label: CacheEntry.listedLabel(octets("smtp\nexample.test\n")),
      endpointLabel: endpoint,
      propertiesBytes: 2,
      ...times
    }),
    CacheEntry.encodeEnd(2)
  ].join(""),
  "latin1"
)

const happened = Buffer.from(
  [
    "status\x000\0\0",
    CacheEvent.encode("saved", 1_767_225_600_123, { label: endpoint, client: { processId: 4712, userId: 89 } }),
    CacheEvent.encode("expired", 1_767_225_602_123, { label: endpoint, ageMillis: 2_000 })
  ].join(""),
  "latin1"
)
const answers = { Status: CacheStatus.encode(status), List: listed, Watch: happened }

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
    case "Inspect":
      return session.report(answers[step.inspection._tag], step.inspection._tag !== "Watch")
    case "SendDescriptor":
      return session.descriptorSent()
    default:
      return undefined
  }
}

const bytesOf = (words: string): Uint8Array =>
  Buffer.from(words.replace("<D>", "|").replaceAll("\\n", "\n").replaceAll("|", "\0"), "latin1")

describe("docs/protocol.md", () => {
  test("has the greeting, the exchanges and the mistakes", () => {
    const requests = ["save_endp", "find_endp", "save_dest", "find_dest", "status", "list", "watch"]
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
