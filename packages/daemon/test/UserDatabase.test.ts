import { expect, test } from "bun:test"
import { Effect } from "effect"
import { KernelProcessCalls, UserDatabase } from "../src/index.ts"

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
