import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Errno, type Outcome } from "@scached/fdpass"
import { SimulatedKernel } from "@scached/fdpass/testing"
import { Effect, Result } from "effect"
import { KernelProcessCalls, ProcessCalls, UserDatabase } from "../src/index.ts"
import { processCallsOf } from "../src/testing/index.ts"

const passwd = `root:x:0:0:root:/root:/bin/bash
broken:x:minus:5::/:
postfix:x:102:103::/var/spool/postfix:/usr/sbin/nologin
postfix:x:999:999::/:
huge:x:4294967295:1::/:
`
const group = `root:x:0:
postfix:x:103:
mail:x:8:dovecot,postfix
tls:x:44:postfix
other:x:45:postfixer
postfix2:x:103:postfix
`

test("a user has its own group first, and those that name it", () => {
  expect(UserDatabase.findUser("postfix", passwd, group)).toEqual({
    name: "postfix",
    uid: 102,
    gid: 103,
    groups: [103, 8, 44]
  })
  expect(UserDatabase.findUser("root", passwd, "")).toEqual({ name: "root", uid: 0, gid: 0, groups: [0] })
})

test("what is malformed or missing is no user", () => {
  for (const name of ["broken", "huge", "nobody", "", "Postfix"]) {
    expect(UserDatabase.findUser(name, passwd, group)).toBeUndefined()
  }
})

test("the machine's own files are read", () => {
  const lookUp = (name: string) =>
    Effect.runSync(Effect.result(UserDatabase.lookUp(name).pipe(Effect.provide(KernelProcessCalls.layer))))
  expect(lookUp("root")).toMatchObject({ _tag: "Success", success: { uid: 0, gid: 0 } })
  expect(lookUp("no such user")).toMatchObject({ _tag: "Failure", failure: { _tag: "UserUnknown" } })
})

describe("a user that only another directory has", () => {
  const line = "ghost:*:4711:4712:Ghost:/:/bin/false\n"

  /** Looks one up on a machine whose getent(1) says something. */
  const lookUp = (name: string, answer: string | Outcome | undefined) => {
    const kernel = new SimulatedKernel({ seed: 1 })
    kernel.makeFile("/etc", "directory")
    for (const [path, text] of [
      ["/etc/passwd", passwd],
      ["/etc/group", `${group}dialout:x:20:ghost\n`]
    ] as const)
      kernel.makeFile(path, "other", { text })
    const process = kernel.process("daemon")
    if (answer !== undefined) process.programs.set(`getent passwd -- ${name}`, answer)
    let asked = 0
    const simulated = processCallsOf(process)
    const calls = ProcessCalls.of({
      ...simulated,
      runProgram: (command, millisMax) => {
        asked++
        return simulated.runProgram(command, millisMax)
      }
    })
    const found = Effect.runSync(
      Effect.result(Effect.provideService(UserDatabase.lookUpEverywhere(name), ProcessCalls, calls))
    )
    return Result.isSuccess(found) ? { found: found.success, asked } : { why: found.failure.message, asked }
  }

  test("is found by getent(1), with the groups of /etc/group", () => {
    const found = { name: "ghost", uid: 4711, gid: 4712, groups: [4712, 20] }
    expect(lookUp("ghost", line)).toEqual({ found, asked: 1 })
  })

  test("is not asked for where /etc/passwd has it", () => {
    expect(lookUp("root", "root:*:5:5::/:")).toMatchObject({ found: { uid: 0 }, asked: 0 })
  })

  test.each([
    ["getent(1) knows none", ""],
    ["getent(1) knows none", "other:*:4711:4712::/:\n"],
    ["getent(1) has not answered within 5 s", -Errno.ETIMEDOUT],
    ["getent(1) cannot be run", undefined]
  ] as const)("is not found: %s, %#", (why, answer) => {
    expect(lookUp("ghost", answer)).toMatchObject({ why: expect.stringContaining(why), asked: 1 })
  })

  test("is not asked for by a name that no user has", () => {
    for (const name of ["", "a:b", "a b", "a\nb"]) expect(lookUp(name, line)).toMatchObject({ asked: 0 })
  })
})

describe("getent(1) of the real system", () => {
  const directory = mkdtempSync(join(tmpdir(), "getent-"))
  const { PATH } = process.env
  afterAll(() => rmSync(directory, { recursive: true }))

  /** Has a script stand before all other programs while something runs. */
  const withScript = <A>(script: string, run: () => A): A => {
    writeFileSync(join(directory, "getent"), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    Object.assign(process.env, { PATH: `${directory}:${PATH}` })
    try {
      return run()
    } finally {
      Object.assign(process.env, { PATH })
    }
  }
  const calls = Effect.runSync(Effect.provide(ProcessCalls, KernelProcessCalls.layer))

  test("is run with the name as it is, and read", () => {
    const found = withScript('[ "$1 $2 $3" = "passwd -- -ghost" ] && echo "-ghost:*:4711:4712::/:"', () =>
      Effect.runSync(Effect.provide(UserDatabase.lookUpEverywhere("-ghost"), KernelProcessCalls.layer))
    )
    expect(found).toMatchObject({ uid: 4711, gid: 4712 })
  })

  test("that does not end is ended, whoever else holds its output", () => {
    const outcome = withScript("sleep 1000 & wait", () => calls.runProgram(["getent", "passwd", "--", "ghost"], 100))
    expect(outcome).toBe(-Errno.ETIMEDOUT)
  })

  test("a program that is not there", () => {
    expect(calls.runProgram(["no-such-program-anywhere"], 100)).toBe(-Errno.ENOENT)
  })
})
