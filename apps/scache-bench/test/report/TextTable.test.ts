import { describe, expect, test } from "bun:test"
import { renderTextTable, shorten, visible, wrap } from "../../src/report/TextTable.ts"

describe("a table", () => {
  const rows = [
    [{ text: "a-long-first-name" }, { text: "1", paint: (text: string) => `<${text}>` }, { text: "word" }],
    [{ text: "b" }, { text: "1,000" }, { text: "x" }]
  ]

  test("has its columns aligned, by what is read and not by its colours", () => {
    expect(renderTextTable({ head: ["name", "n", "last"], align: ["left", "right", "left"], rows })).toEqual([
      "name                   n  last",
      "a-long-first-name      <1>  word",
      "b                  1,000  x"
    ])
  })

  test("cuts its first column, and no number, to fit", () => {
    expect(renderTextTable({ head: ["name", "n", "last"], rows, widthMax: 25 })).toEqual([
      "name              n  last",
      "a-long…-name      <1>  word",
      "b             1,000     x"
    ])
  })
})

test("a text that is cut keeps both its ends", () => {
  expect([shorten("abcdefgh", 8), shorten("abcdefghi", 8), shorten("abcdefghi", 5)]).toEqual([
    "abcdefgh",
    "abcd…ghi",
    "ab…hi"
  ])
})

test("columns are counted as a terminal shows them: wide characters take two, combining ones none", () => {
  const rows = [
    [{ text: "日本" }, { text: "1" }],
    [{ text: "e\u0301" }, { text: "2" }]
  ]
  expect(renderTextTable({ head: ["name", "n"], rows })).toEqual(["name  n", "日本  1", "e\u0301     2"])
  expect(shorten("日本語abcdefg", 8)).toBe("日本…efg")
  // Half of a wide character has no place: one column less, and not one too many.
  expect(shorten("日本語abcdefg", 9)).toBe("日本…defg")
  expect(Bun.stringWidth(shorten("日本語日本語日本語", 8))).toBeLessThanOrEqual(8)
  expect(wrap("日本 語日 本", 5)).toEqual(["日本", "語日", "本"])
})

test("lines break between words only", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"])
  expect(wrap("unbreakable a", 4)).toEqual(["unbreakable", "a"])
  expect(wrap("", 4)).toEqual([""])
})

test("control characters are shown", () => {
  expect(visible("tab\there\u009b\u007f µ")).toBe("tab\\x09here\\x9b\\x7f µ")
})
