import { expect, test } from "bun:test"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Errno } from "../src/index.ts"
import { numbersOf, olderCalls } from "../src/internal/kernel/callNumbers.ts"
import { gate } from "../src/internal/kernel/Gate.ts"
import { libc } from "../src/internal/kernel/libc.ts"
import { assembled, machineCode } from "../src/internal/kernel/machineCode.ts"
import { NativeBlock } from "../src/internal/kernel/nativeMemory.ts"
import { kernelCalls as calls, closeAll, must, show } from "./support/machines.ts"

const missing = new NativeBlock(64)
missing.bytes.write("/no/such/directory\0")

/** A failing call of another library's: it sets errno to ENOENT. */
const failElsewhere = (): void => {
  const { callFunction, functionNamed } = gate()
  expect(callFunction(functionNamed("chdir"), missing.address, 0, 0, 0, 0)).toBe(-Errno.ENOENT)
}

/** What can run on this thread between a call and the look at its outcome: a collection, and a failing call of another library's. */
const disturb = (): void => {
  Bun.gc(true)
  failElsewhere()
}

/** Has every call of the kernel's layer followed by a disturbance, before the layer sees its result. */
const withDisturbances = (body: () => void): void => {
  const symbols: Record<string, unknown> = libc().symbols
  const before = { ...symbols }
  for (const [name, call] of Object.entries(before)) {
    if (typeof call !== "function") continue
    symbols[name] = (...words: ReadonlyArray<unknown>): unknown => {
      const result: unknown = Reflect.apply(call, undefined, [...words])
      disturb()
      return result
    }
  }
  try {
    body()
  } finally {
    Object.assign(symbols, before)
  }
}

test("nothing that runs between a call and the look at its outcome changes it", () => {
  withDisturbances(() => {
    const [near, far] = must(calls.socketPair())
    const lone = must(calls.socket())
    const into = calls.makeReceiveBuffer(64)
    const path = `/tmp/scached-gate-${process.pid}`
    expect(show(calls.receive(near, into))).toBe("EAGAIN")
    expect(show(calls.peek(near))).toBe("EAGAIN")
    expect(show(calls.accept(lone))).toBe("EINVAL")
    expect(show(calls.connect(lone, path))).toBe("ENOENT")
    expect(show(calls.send(lone, Buffer.from("x")))).toBe("ENOTCONN")
    expect(show(calls.listen(lone, 1))).toBe("EINVAL")
    expect(show(calls.epollRemove(near, far))).toBe("EINVAL")
    far.close()
    expect(show(calls.send(near, Buffer.from("x")))).toBe("EPIPE")
    expect(show(calls.sendDescriptor(near, lone))).toBe("EPIPE")
    expect(show(calls.receive(near, into))).toBe(0)
    closeAll(near, lone)
  })
})

test("a C function's error number comes with its result, too", () => {
  const { symbols } = libc()
  failElsewhere()
  // More groups than the kernel takes; without the right to set any it is EPERM.
  expect(["EINVAL", "EPERM"]).toContain(String(show(symbols.setgroups(1_000_000, 0))))
})

const elfHeaderBytes = 64
const headers = {
  "linux-x64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
  "linux-arm64": "/usr/include/asm-generic/unistd.h"
}

for (const [platform, path] of Object.entries(headers)) {
  test.skipIf(!existsSync(path) && process.env["CI"] !== "true")(
    `the numbers of ${platform} are those of its header`,
    () => {
      const text = readFileSync(path, "latin1")
      const older = platform === "linux-x64" ? olderCalls : {}
      for (const [name, number] of Object.entries({ ...numbersOf[platform], ...older })) {
        const found = text.match(new RegExp(`^#define __NR(?:3264)?_${name}\\s+(\\d+)$`, "m"))?.[1]
        // The generic table calls a few 32-bit names aside `__NR3264_`.
        expect(`${name} ${found}`).toBe(`${name} ${number}`)
      }
    }
  )
}

const assemblers = { "linux-x64": "as", "linux-arm64": "aarch64-linux-gnu-as" }
const isHere = process.arch === "arm64" ? "linux-arm64" : "linux-x64"

for (const [platform, assembler] of Object.entries(assemblers)) {
  const isNeeded = platform === isHere && process.env["CI"] === "true"
  test.skipIf(Bun.which(assembler) === null && !isNeeded)(`${assembler} makes the bytes from their listing`, () => {
    const directory = mkdtempSync(join(tmpdir(), "gate-"))
    const object = join(directory, "code.o")
    const found = machineCode[platform]
    for (const listing of found === undefined
      ? []
      : [found.enter, found.callFunction, found.direct(47), found.direct(426)]) {
      const source = listing.map(([, instruction]) => `${instruction}\n`).join("")
      expect(Bun.spawnSync([assembler, "-o", object, "-"], { stdin: Buffer.from(source) }).exitCode).toBe(0)
      const bytes = readFileSync(object)
      // Where the text section is, in an ELF file's own words: it is the first behind the header.
      const code = Buffer.from(assembled(listing))
      expect(bytes.subarray(elfHeaderBytes, elfHeaderBytes + code.length).toString("hex")).toBe(code.toString("hex"))
    }
    rmSync(directory, { recursive: true })
  })
}
