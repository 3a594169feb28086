import { expect, test } from "bun:test"
import { Farewell, farewellNames } from "@scached/farewell"
import { Result } from "effect"
import { ArgumentInvalid } from "../src/index.ts"
import { farewellWord } from "../src/internal/farewellWord.ts"

test("the cache reads what the client writes", () => {
  for (const name of farewellNames) expect(Result.getOrThrow(Farewell.parse(farewellWord(name)))?.protocol).toBe(name)
  expect(Result.getOrThrow(Farewell.parse(farewellWord("none")))).toBeUndefined()
  const octets = Uint8Array.from({ length: 64 }, (_, index) => 4 * index)
  expect(Result.getOrThrow(Farewell.parse(farewellWord(octets)))).toEqual({ protocol: "octets", octets })
})

test("what is no farewell is refused before the cache is asked", () => {
  expect(() => farewellWord(new Uint8Array())).toThrow(ArgumentInvalid)
  expect(() => farewellWord(new Uint8Array(65))).toThrow("farewell")
  // From a program without types.
  const wrong: ReadonlyArray<unknown> = ["QUIT", "", 7, undefined, null]
  for (const each of wrong) expect(() => Reflect.apply(farewellWord, undefined, [each])).toThrow(ArgumentInvalid)
})
