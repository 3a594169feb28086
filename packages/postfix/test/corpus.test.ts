import { describe, expect, test } from "bun:test"
import { answer, asked, corpus, read, recorded, recordedHere } from "./support/corpus.ts"
import { ask, isPostconfAsked } from "./support/postconf.ts"

describe("each file of the corpus means what it means to postconf", () => {
  test("the corpus is there", () => expect(corpus.length).toBeGreaterThan(15))

  for (const name of corpus) {
    test(`${name}, as recorded`, () => {
      const bytes = read(name)
      expect(answer(bytes, asked(bytes))).toEqual(recorded(name))
    })
  }

  test.skipIf(!isPostconfAsked)(
    "the records are what postconf answers here [needs Postfix]",
    async () => {
      const real = await Promise.all(corpus.map((name) => ask(read(name), asked(read(name)))))
      for (const [index, name] of corpus.entries()) {
        expect({ name, answers: real[index] }).toEqual({ name, answers: recordedHere(name) })
      }
    },
    240_000
  )
})
