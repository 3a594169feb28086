import { expect, test } from "bun:test"
import { Effect } from "effect"
import { GroupDatabase, KernelProcessCalls } from "../src/index.ts"

const group = `root:x:0:
broken:x:minus:a
cache:x:44:postfix,dovecot
cache:x:45:other
huge:x:4294967295:
alone:x:46
`

test("a group has its number and those whom its line names", () => {
  expect(GroupDatabase.findGroup("cache", group)).toEqual({ name: "cache", gid: 44, members: ["postfix", "dovecot"] })
  expect(GroupDatabase.findGroup("root", group)).toEqual({ name: "root", gid: 0, members: [] })
  expect(GroupDatabase.findGroup("alone", group)).toEqual({ name: "alone", gid: 46, members: [] })
})

test("what is malformed or missing is no group", () => {
  for (const name of ["broken", "huge", "nobody", "", "Cache"]) {
    expect(GroupDatabase.findGroup(name, group)).toBeUndefined()
  }
})

test("the machine's own file is read", () => {
  const lookUp = (name: string) =>
    Effect.runSync(Effect.result(GroupDatabase.lookUp(name).pipe(Effect.provide(KernelProcessCalls.layer))))
  expect(lookUp("root")).toMatchObject({ _tag: "Success", success: { gid: 0 } })
  expect(lookUp("no such group")).toMatchObject({ _tag: "Failure", failure: { _tag: "GroupUnknown" } })
})
