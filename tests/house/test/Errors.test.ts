/**
 * docs/errors.md against the sources. Whatever reads like a sentence in the modules that make messages is taken for one, however it gets to
 * the log, unless it is named below: a new message is found without anybody having to think of this.
 */
import { describe, expect, test } from "bun:test"
import { literalsOf } from "../src/literals.ts"
import { modules, read } from "../src/repository.ts"

/** Where messages of the daemon come from. */
const speaking = [
  /^apps\/scached\/src\//,
  /^packages\/(postfix|reactor)\/src\//,
  /^packages\/(fdpass|daemon)\/src\/(?!internal\/|testing\/)/,
  /^packages\/protocol\/src\/ProtocolError\.ts$/,
  /^packages\/farewell\/src\/(?!FarewellSession)/
]

/** Modules whose sentences the daemon does not print as messages. */
const silent: Readonly<Record<string, string>> = {
  "apps/scached/src/serve/help.ts": "what --help prints",
  "apps/scached/src/inspect/inspectHelp.ts": "what --help prints",
  "apps/scached/src/install/installHelp.ts": "what --help prints",
  "apps/scached/src/inspect/inspectText.ts": "what the programs print that look into a cache",
  "apps/scached/src/inspect/InspectJson.ts": "schemas of what they print",
  "apps/scached/src/inspect/top/TopScreen.ts": "what scached top shows",
  "apps/scached/src/inspect/clientParameters.ts": "descriptions of parameters",
  "apps/scached/src/serve/ServeParameters.ts": "descriptions of parameters",
  "apps/scached/src/serve/versionLine.ts": "what --version prints",
  "apps/scached/src/install/InstallPlan.ts": "commands, and why they are there, as install prints them",
  "packages/postfix/src/ScacheParameters.ts": "descriptions and defaults of parameters",
  "packages/postfix/src/internal/daemonDefaults.ts": "defaults of parameters",
  "packages/fdpass/src/plain/TransferError.ts":
    "told to programs that use the plain functions, which the daemon does not",
  "packages/fdpass/src/plain/sendDescriptors.ts": "the same",
  "packages/fdpass/src/plain/receiveDescriptors.ts": "the same",
  "packages/reactor/src/effect/Listener.ts": "serves programs that are no cache",
  "packages/fdpass/src/KernelSystemCalls.ts": "misuse by a programmer, printed as an internal error",
  "packages/reactor/src/host/BunHost.ts": "misuse by a programmer, which no command line can bring about"
}

/** Sentences in the other modules that are no messages, and why. */
const notMessages: Readonly<Record<string, string>> = {
  "unexpected reply …: expected …, found …; is the server a connection cache?": "told to a client",
  'the server speaks "…", not "…": check connection_cache_service_name': "told to a client",
  "reply is longer than the limit of … bytes; is the server a connection cache?": "told to a client",
  "…: the other side's descriptor did not arrive; is this process out of descriptors?": "told to a client",
  "attribute … has an empty name, which would end the list: give every attribute a name": "told to a programmer",
  "expected one whole attribute list, found one without its end": "told to a programmer",
  "expected one whole attribute list, found more bytes behind its end": "told to a programmer",
  "octet … is NUL: the protocol carries 0x01 to 0xFF only": "told to a programmer",
  "unit … is 0x…: expected one byte a unit, 0x01 to 0xFF; use fromUtf8 for text": "told to a programmer",
  "… bytes of the peer were not received: receive them before the connection is given away": "told to a programmer",
  "the connection was closed": "told to a programmer",
  "a descriptor is due, but nothing was found": "thrown where that cannot be; printed as an internal error",
  "…, passed by systemd": "part of where it listens",
  "STATUS=reading main.cf": "told to systemd",
  "ended by the peer": "part of a statistics line, see docs/limits.md",
  "hang-up or bytes": "a kind of event, for the program",
  "sending the descriptor": "a state, for the program",
  "number too large": "a kind of error, for the program",
  "nested too deeply": "a kind of error, for the program",
  "equals sign": "a kind of error, for the program",
  "closing brace": "a kind of error, for the program",
  "too large": "a kind of error, for the program",
  "without a request": "part of what is told to a client",
  "nothing to continue": "a kind of remark, for the program",
  "text behind NUL": "a kind of remark, for the program"
}

const squeeze = (text: string): string => text.replace(/\s+/g, " ").trim()

/** What stands between the values that are put in, without the punctuation at its ends. */
const fragmentsOf = (text: string): ReadonlyArray<string> =>
  text
    .split("…")
    .map((part) => squeeze(part).replace(/^[\s:;,."'()]+|[\s:;,."'()]+$/g, ""))
    .filter((part) => /[A-Za-z]/.test(part))

const wordsOf = (text: string): number => text.match(/[A-Za-z]{2,}/g)?.length ?? 0

const isSentence = (text: string): boolean => text.includes(" ") && wordsOf(text) >= 3

/** Whether the fragments stand in the text, in their order. */
const holds = (text: string, fragments: ReadonlyArray<string>): boolean => {
  let at = 0
  for (const fragment of fragments) {
    const index = text.indexOf(fragment, at)
    if (index < 0) return false
    at = index + fragment.length
  }
  return true
}

interface Row {
  readonly messages: ReadonlyArray<string>
  readonly cause: string
  readonly remedy: string
}

const document = read("docs/errors.md")

const codeIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/`([^`]+)`/g)].map((match) => squeeze(match[1] ?? ""))

/** The rows of all tables: a message, with what it may consist of in the second column. */
const rows: ReadonlyArray<Row> = document
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => {
    const [message = "", cause = "", remedy = ""] = line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""))
    return { messages: [...codeIn(message), ...codeIn(cause)], cause, remedy }
  })

const documented = [
  ...rows.flatMap(({ messages }) => messages),
  ...codeIn(
    document
      .split("\n\n")
      .filter((each) => !each.startsWith("|"))
      .join("\n\n")
  )
]

/** The lines of a module that make messages for certain, however short: those of errors, and calls that log. */
const spokenLines = (text: string): ReadonlySet<number> => {
  const spoken = new Set<number>()
  let isInMessage = false
  for (const [index, line] of text.split("\n").entries()) {
    if (/^ {2}override get message\(\)/.test(line)) isInMessage = true
    if (isInMessage || logCall.test(line)) spoken.add(index + 1)
    if (line === "  }") isInMessage = false
  }
  return spoken
}

const logCall = /\b(journal\.(info|warning)|log\.write|Effect\.log(Info|Warning|Error|Fatal)|UsageError\.of|complain)\(/

const sentencesOf = (path: string, text: string) => {
  const spoken = spokenLines(text)
  return literalsOf(text)
    .map(({ line, text: literal }) => ({ line, place: `${path}:${line}`, text: squeeze(literal) }))
    .filter(
      ({ line, text: literal }) =>
        isSentence(literal) || (spoken.has(line) && literal.includes(" ") && wordsOf(literal) > 0)
    )
}

const parameterTable = "apps/scached/src/settings/parameters.ts"

/** The table of parameters without what is for documents: its log lines remain, each on its line. */
const withoutDescriptions = (text: string): string =>
  text.replace(/\b(about|details|what|whenReached|counters|parameterNote|defaultNote):\s*"[^"]*"/g, (found) =>
    found.replace(/[^\n]/g, "")
  )

const sentences = modules
  .filter(({ path }) => speaking.some((pattern) => pattern.test(path)) && silent[path] === undefined)
  .flatMap(({ path, text }) => sentencesOf(path, path === parameterTable ? withoutDescriptions(text) : text))

describe("the scanner", () => {
  test("finds texts in quotes and templates, and nothing else", () => {
    const found = literalsOf(
      [
        'import { one } from "a module"',
        "// not `this` one",
        'const pattern = /["`]/g',
        'const plain = "it\\"s plain"',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a program
        'const rich = `there are ${count > 1 ? `many ${things}` : "one"} of them`',
        "/* nor 'this' */ const half = total / 2 / 1"
      ].join("\n")
    )
    expect(found.map(({ line, text }) => `${line}: ${text}`)).toEqual([
      '4: it"s plain',
      "5: there are … of them",
      "5: many …",
      "5: one"
    ])
  })

  test("finds the messages of this repository", () => {
    expect(sentences.length).toBeGreaterThan(80)
    expect(sentences.some(({ text }) => text.startsWith("do not run this command by hand"))).toBe(true)
  })
})

describe("docs/errors.md", () => {
  test("has every message: add a row for those that are missing, or say in this test why it is none", () => {
    const missing = sentences.filter(
      ({ text }) => notMessages[text] === undefined && !documented.some((each) => holds(each, fragmentsOf(text)))
    )
    expect(missing.map(({ place, text }) => `${place}: ${text}`)).toEqual([])
  })

  test("has no message that is gone", () => {
    const source = modules
      .filter(({ path }) => /^(apps\/scached|packages\/\w+)\/src\//.test(path))
      .flatMap(({ text }) => literalsOf(text).map(({ text: literal }) => squeeze(literal)))
    const gone = rows.flatMap(({ messages: [message = ""] }) =>
      fragmentsOf(message)
        .filter((fragment) => wordsOf(fragment) >= 3)
        // A message of several literals: each of them is part of the fragment.
        .filter((fragment) => !source.some((literal) => literal.includes(fragment)))
        .filter((fragment) => !isMadeOf(fragment, source))
        .map((fragment) => `${message}: "${fragment}" is in no source`)
    )
    expect(gone).toEqual([])
  })

  test("says of each why, and what to do", () => {
    expect(rows.length).toBeGreaterThan(80)
    expect(
      rows.filter(({ cause, remedy }) => !/\w/.test(cause) || !/\w/.test(remedy)).map(({ messages }) => messages[0])
    ).toEqual([])
  })

  test("no exception is left over", () => {
    const texts = new Set(sentences.map(({ text }) => text))
    expect(Object.keys(notMessages).filter((text) => !texts.has(text))).toEqual([])
    const paths = new Set(modules.map(({ path }) => path))
    expect(Object.keys(silent).filter((path) => !paths.has(path))).toEqual([])
  })
})

/** Whether a fragment is what several literals of the sources make together. */
function isMadeOf(fragment: string, source: ReadonlyArray<string>): boolean {
  const parts = source.flatMap(fragmentsOf).filter((part) => wordsOf(part) >= 2 && fragment.includes(part))
  const covered = parts.reduce((rest, part) => rest.replace(part, ""), fragment)
  return wordsOf(covered) <= 2
}
