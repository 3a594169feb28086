import { describe, expect, test } from "bun:test"
import { Errno, type Outcome } from "@scached/fdpass"
import * as SimulatedSystemCalls from "@scached/fdpass/testing"
import { EventLoop, noHost } from "@scached/reactor"
import { LineWriter } from "../../src/log/LineWriter.ts"

type Answer = "all" | number

/** A loop in virtual time, and an output on it that takes what it is told to take. */
const setUp = (kind: "pipe" | "file") => {
  const kernel = new SimulatedSystemCalls.SimulatedKernel({ seed: 1 })
  const process = kernel.process("scached")
  const epoll = process.calls.epollCreate()
  if (typeof epoll === "number") throw new Error("no descriptor")
  const loop = new EventLoop(process.calls, epoll, noHost)
  const state: { answer: Answer; opened: number; attempts: number; text: string } = {
    answer: "all",
    opened: 0,
    attempts: 0,
    text: ""
  }
  const writer = new LineWriter(
    loop,
    () => {
      state.opened++
      const pair = process.calls.socketPair()
      return {
        kind,
        // Always writable, whatever the output says.
        descriptor: typeof pair === "number" ? process.calls.adopt(0) : pair[0],
        write: (bytes): Outcome => {
          state.attempts++
          const count = state.answer === "all" ? bytes.length : Math.min(state.answer, bytes.length)
          if (count > 0) state.text += Buffer.from(bytes.subarray(0, count)).toString()
          return count
        }
      }
    },
    (dropped) => `${dropped} lost\n`
  )
  const pass = (millis: number): void => {
    const end = kernel.nowMillis + millis
    let isOver = false
    loop.at(end, () => {
      isOver = true
    })
    while (!isOver) loop.turn()
  }
  return { loop, pass, state, writer }
}

/** EDQUOT */
const quotaExceeded = 122

const line = `${"x".repeat(99)}\n`

describe("a standard error that nobody reads", () => {
  test("takes a bounded number of lines, and the rest is counted and said once it is read again", () => {
    const { pass, state, writer } = setUp("pipe")
    state.answer = -Errno.EAGAIN
    for (let count = 0; count < 10_000; count++) writer.write(line)
    expect(state.attempts).toBeLessThan(10)
    state.answer = "all"
    pass(200)
    const lines = state.text.trimEnd().split("\n")
    const kept = lines.length - 1
    expect(kept).toBe(Math.floor(262_144 / line.length))
    expect(lines.at(-1)).toBe(`${10_000 - kept} lost`)
    state.text = ""
    writer.write(line)
    expect(state.text).toBe(line)
  })

  test("gets the rest of a line that it took in part", () => {
    const { pass, state, writer } = setUp("pipe")
    state.answer = 7
    writer.write("0123456789\n")
    expect(state.text).toBe("0123456789\n")
    state.answer = -Errno.EAGAIN
    writer.write("abc\n")
    writer.write("def\n")
    state.answer = 2
    pass(200)
    expect(state.text).toBe("0123456789\nabc\ndef\n")
  })

  test("does not have the process spin when it says that it is writable, and is not", () => {
    const { pass, state, writer } = setUp("pipe")
    state.answer = -Errno.EAGAIN
    writer.write(line)
    pass(10_000)
    expect(state.attempts).toBeLessThan(250)
  })

  test("is no work for the process when it is interrupted again and again", () => {
    const { pass, state, writer } = setUp("pipe")
    state.answer = -Errno.EINTR
    writer.write(line)
    expect(state.attempts).toBeLessThan(10)
    state.answer = "all"
    pass(200)
    expect(state.text).toBe(line)
  })
})

describe("an output that fails", () => {
  test.each([Errno.ENOSPC, quotaExceeded, Errno.EIO])("a file comes back by itself after errno %d", (errno) => {
    const { loop, pass, state, writer } = setUp("file")
    state.answer = -errno
    for (let count = 0; count < 3_000; count++) writer.write(line)
    pass(600_000)
    // Ever more rarely: at 1, 3, 7 ... seconds, and then once a minute.
    expect(state.attempts).toBeLessThan(20)
    state.answer = "all"
    pass(60_000)
    expect(state.text).toStartWith(line)
    expect(state.text).toEndWith(`${line}${3_000 - 2_621} lost\n`)
    expect(loop.pendingTimers).toBe(0)
    writer.write("next\n")
    expect(state.text).toEndWith("next\n")
  })

  test("what has no reader is tried with later lines, and costs no timer", () => {
    const { loop, pass, state, writer } = setUp("pipe")
    state.answer = -Errno.EPIPE
    writer.write("first\n")
    writer.write("second\n")
    expect([state.attempts, loop.pendingTimers, loop.watched]).toEqual([1, 0, 0])
    pass(1_000)
    state.answer = "all"
    writer.write("third\n")
    expect(state.text).toBe("first\nsecond\nthird\n")
  })

  test("is opened again and tried at once at a restart", () => {
    const { state, writer } = setUp("pipe")
    state.answer = -Errno.EPIPE
    writer.write("first\n")
    state.answer = "all"
    writer.restart()
    expect([state.text, state.opened]).toEqual(["first\n", 2])
  })

  test("leaves nothing behind at its end", () => {
    for (const kind of ["file", "pipe"] as const) {
      const { loop, state, writer } = setUp(kind)
      state.answer = kind === "file" ? -Errno.ENOSPC : -Errno.EAGAIN
      writer.write("first\n")
      state.answer = "all"
      writer.close()
      expect([state.text, loop.pendingTimers, loop.watched]).toEqual(["first\n", 0, 0])
    }
  })
})
