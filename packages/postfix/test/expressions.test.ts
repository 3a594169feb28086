// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of main.cf.
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { answer } from "./support/corpus.ts"
import { expression, scrap } from "./support/expressions.ts"
import { ask, isPostconfAsked } from "./support/postconf.ts"

const { FAST_CHECK_SEED = "20260101", FAST_CHECK_RUNS = "200" } = process.env
const seed = Number(FAST_CHECK_SEED)
const numRuns = Number(FAST_CHECK_RUNS)

const definitions = "p0 = $p1-\np1 = ${p2}1\np2 = two\nempty =\nfive = 5\nlate = ${empty}\n"

/** Many values in one file: postconf is asked once. */
const compare = async (values: ReadonlyArray<string>): Promise<void> => {
  const settings = values.map((value, index) => `ask_${index} = |${value}|\n`)
  const bytes = new TextEncoder().encode(definitions + settings.join(""))
  const names = values.map((_, index) => `ask_${index}`)
  const [real, ours] = [await ask(bytes, names), answer(bytes, names)]
  if (!("answers" in real) || !("answers" in ours)) throw new Error("the file was not read")
  for (const [index, value] of values.entries()) {
    const place = {
      value,
      replay: `FAST_CHECK_SEED=${seed} FAST_CHECK_RUNS=${numRuns} bun run test test/expressions.test.ts`
    }
    expect({ ...place, answer: ours.answers[`ask_${index}`] }).toEqual({
      ...place,
      answer: real.answers[`ask_${index}`]
    })
  }
}

describe("random values mean what they mean to postconf", () => {
  test.skipIf(!isPostconfAsked)(
    "well-formed ones, nested [needs Postfix]",
    async () => {
      const values = fc.sample(expression, { seed, numRuns })
      expect(values.some((value) => value.length > 100)).toBe(true)
      await compare(values)
    },
    240_000
  )

  test.skipIf(!isPostconfAsked)(
    "scraps, of which some can be expanded [needs Postfix]",
    async () => {
      const values = fc.sample(scrap, { seed, numRuns })
      await compare(values.slice(0, 64))
    },
    240_000
  )
})
