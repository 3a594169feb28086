import { expect, test } from "bun:test"
import { Result } from "effect"
import { checkSocketPath, Errno, errnoExplanation, errnoName, systemCallError } from "../src/index.ts"

test("an error says which call, on what, what happened, and the error's name", () => {
  const error = systemCallError("bind", -Errno.EADDRINUSE, "/run/server")
  expect(error._tag).toBe("SystemCallError")
  expect([error.operation, error.errno, error.subject, error.errnoName]).toEqual([
    "bind",
    98,
    "/run/server",
    "EADDRINUSE"
  ])
  expect(error.message).toBe("bind /run/server: address already in use (EADDRINUSE)")
  expect(systemCallError("accept4", -Errno.EMFILE).message).toBe(
    "accept4: this process has no descriptors left (EMFILE)"
  )
})

test("an error number without a name or an explanation is told all the same", () => {
  expect(systemCallError("connect", -4711).message).toBe("connect: errno 4711 (errno 4711)")
  expect(systemCallError("connect", -Errno.EALREADY).message).toBe("connect: EALREADY (EALREADY)")
})

test("every error number of the table is one of its own, and named", () => {
  const numbers = Object.values(Errno)
  expect(new Set(numbers).size).toBe(numbers.length)
  for (const [name, number] of Object.entries(Errno)) {
    expect(errnoName(number)).toBe(name)
    expect(errnoExplanation(number)).not.toBe("")
  }
})

test("a path that cannot be an address says how long it is and how long it may be", () => {
  const problem = (path: string) => Result.getOrThrow(Result.flip(checkSocketPath(path))).message
  expect(problem("")).toBe("the path of the socket is empty")
  expect(problem(`/${"ü".repeat(54)}`)).toContain("is 109 bytes long, a UNIX socket takes at most 107")
  expect(problem("a\0b")).toBe("the path of the socket holds a NUL byte, which ends it for the kernel")
  expect(Result.isSuccess(checkSocketPath("x".repeat(107)))).toBe(true)
})
