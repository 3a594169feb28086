// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of main.cf.
/** The domain functions of Postfix 3.11, with what `postconf -xh` of 3.11.7 makes of each text. */
import { expect, test } from "bun:test"
import { Result } from "effect"
import { Expansion } from "../src/index.ts"

const expandedTo = (text: string): string =>
  Result.match(
    Expansion.expand(text, (name) => (name === "myhostname" ? "vm.localdomain" : undefined)),
    { onFailure: (error) => error.fault, onSuccess: (found) => found }
  )

const told: ReadonlyArray<readonly [string, string]> = [
  ["${domain_to_ascii{bücher.example}}", "xn--bcher-kva.example"],
  ["${domain_to_utf8{xn--bcher-kva.example}}", "bücher.example"],
  ["${domain_to_utf8{XN--BCHER-KVA.example}}", "bücher.example"],
  ["${domain_to_utf8{bücher.example}}", "bücher.example"],
  ["${domain_to_ascii{plain.example}}", "plain.example"],
  ["${domain_to_ascii{$myhostname}}", "vm.localdomain"],
  ["x${domain_to_ascii {bücher.example}}y", "xxn--bcher-kva.exampley"],
  ["${domain_to_ascii{BÜCHER.example}}", "xn--bcher-kva.example"],
  ["${domain_to_ascii{straße.example}}", "xn--strae-oqa.example"],
  ["${domain_to_ascii{bücher。example}}", "xn--bcher-kva.example"],
  ["${domain_to_ascii{a b}}", "a b"],
  ["${domain_to_ascii{-a.example}}", "-a.example"],
  ["${domain_to_ascii{[127.0.0.1]}}", "[127.0.0.1]"],
  ["${domain_to_ascii?{yes}:{no}}", "no"],
  ["${domain_to_ascii{}}", "bad domain"],
  ["${domain_to_ascii{bücher.example.}}", "bad domain"],
  ["${domain_to_ascii{.bücher.example}}", "bad domain"],
  ["${domain_to_ascii{user@bücher.example}}", "bad domain"],
  ["${domain_to_utf8{Example.COM}}", "example.com"],
  ["${domain_to_utf8{}}", ""],
  ["${domain_to_utf8{a..b}}", "bad domain"],
  ["${domain_to_utf8{a b}}", "bad domain"],
  ["${domain_to_utf8{-a.example}}", "bad domain"],
  ["${domain_to_utf8{example.com.}}", "bad domain"],
  ["${domain_to_utf8{192.0.2.1}}", "bad domain"],
  ["${domain_to_ascii{-ä.example}}", "bad domain"],
  ["${domain_to_ascii{ä_b.example}}", "xn--_b-uia.example"],
  ["${domain_to_utf8{xn--a.example}}", "bad domain"],
  ["${domain_to_ascii{bücher.example}{x}}", "unexpected text"],
  ["${domain_to_foo{x}}", "unknown function"],
  ["${domain_to_ascii{x}", "not closed"]
]

for (const [text, expected] of told) test(text, () => expect(expandedTo(text)).toBe(expected))
