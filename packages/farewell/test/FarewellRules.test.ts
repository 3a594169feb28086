import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import fc from "fast-check"
import { FarewellRules } from "../src/index.ts"
import { property } from "./support/property.ts"

const protocolOf = (text: string, label: string): string | undefined =>
  FarewellRules.farewellOf(Result.getOrThrow(FarewellRules.parse(text)), label)?.protocol

describe("a service", () => {
  test("is the first line of a label", () => {
    expect(protocolOf("smtp", "smtp\n[192.0.2.1]\nx")).toBe("smtp")
    expect(protocolOf("smtp", "smtp")).toBe("smtp")
    expect(protocolOf("smtp", "smtps\n[192.0.2.1]")).toBeUndefined()
    expect(protocolOf("smtp", "[smtp]\nsmtp")).toBeUndefined()
    expect(protocolOf("smtp", "")).toBeUndefined()
  })

  test("may have another name than its protocol", () => {
    expect(protocolOf("smtp, relay=smtp lmtp-unix=lmtp", "relay\nx")).toBe("smtp")
    expect(protocolOf("smtp, relay=smtp lmtp-unix=lmtp", "lmtp-unix\nx")).toBe("lmtp")
  })
})

describe("the beginning of a label", () => {
  test("may go over lines, and may be empty", () => {
    expect(protocolOf("relay\\n[192.0.2.*=smtp", "relay\n[192.0.2.7]")).toBe("smtp")
    expect(protocolOf("relay\\n[192.0.2.*=smtp", "relay\n[198.51.100.7]")).toBeUndefined()
    expect(protocolOf("*=nntp", "anything")).toBe("nntp")
  })

  test("an asterisk that stands for itself is escaped", () => {
    expect(protocolOf("a\\x2a=smtp", "a*\nb")).toBe("smtp")
    expect(protocolOf("a\\x2a=smtp", "ab")).toBeUndefined()
  })
})

test("the first rule that matches counts, none too", () => {
  expect(protocolOf("relay=none *=smtp", "relay\nx")).toBeUndefined()
  expect(protocolOf("relay=none *=smtp", "smtp\nx")).toBe("smtp")
  expect(protocolOf("*=smtp relay=none", "relay\nx")).toBe("smtp")
})

test("without rules nothing is said", () => {
  expect(protocolOf("", "smtp\nx")).toBeUndefined()
  expect(protocolOf(" , ", "smtp\nx")).toBeUndefined()
  expect(FarewellRules.farewellOf(FarewellRules.none, "smtp\nx")).toBeUndefined()
})

test("a literal may have an equals sign behind the first", () => {
  expect(protocolOf("a=octets:b=c", "a")).toBe("octets")
})

for (const text of [
  "relay",
  "=smtp",
  "relay=",
  "relay=esmtp",
  "re\\lay=smtp",
  "smtp relay=x",
  Array(65).fill("smtp").join(" ")
]) {
  test(`${JSON.stringify(text.slice(0, 20))} is refused`, () => {
    expect(Result.isFailure(FarewellRules.parse(text))).toBe(true)
  })
}

test("a label finds what a rule for its first line says, whatever it holds", () => {
  const label = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((unit) => String.fromCharCode(unit)) })
  property(import.meta.file, "a label finds what a rule", label, (each) => {
    const [service = ""] = each.split("\n")
    const escaped = [...service].map((octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`).join("")
    // A rule for the label without a first line cannot be written, but as a beginning.
    expect(protocolOf(service === "" ? "\\n*=smtp *=smtp" : `${escaped}=smtp`, each)).toBe("smtp")
    expect(protocolOf(`${escaped}\\x01=smtp`, each)).toBeUndefined()
    expect(protocolOf(`${escaped}*=smtp`, each)).toBe("smtp")
  })
})
