import { expect, test } from "bun:test"
import { StatusMessage } from "../src/index.ts"

test("three 32-bit integers in the machine's order", () => {
  const bytes = StatusMessage.encode({ processId: 1_234, generation: 0xffff_fffe, isAvailable: true })
  expect(bytes).toHaveLength(StatusMessage.messageBytes)
  expect([...new Int32Array(bytes.buffer)]).toEqual([1_234, -2, 1])
  const taken = StatusMessage.encode({ processId: 1, generation: 1, isAvailable: false })
  expect([...new Int32Array(taken.buffer)]).toEqual([1, 1, 0])
})
