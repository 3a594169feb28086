import { describe, expect, test } from "bun:test"
import { constants, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Errno } from "@scached/fdpass"
import { SimulatedKernel } from "@scached/fdpass/testing"
import { Effect } from "effect"
import { KernelProcessCalls, Privileges, ProcessCalls, type ProcessCallsShape } from "../src/index.ts"
import { processCallsOf, processLayer } from "../src/testing/index.ts"
import { kernelCalls, must } from "./support/calls.ts"

const kernel: ProcessCallsShape = Effect.runSync(
  Effect.map(ProcessCalls, (calls) => calls).pipe(Effect.provide(KernelProcessCalls.layer))
)

const child = (name: string, ...args: ReadonlyArray<string>) => {
  const run = Bun.spawnSync([process.execPath, join(import.meta.dir, `programs/${name}.ts`), ...args], {
    timeout: 50_000
  })
  return { out: run.stdout.toString(), error: run.stderr.toString(), signal: run.signalCode, code: run.exitCode }
}

describe("inherited descriptors", () => {
  test("are told apart by what they are", () => {
    const directory = mkdtempSync(join(tmpdir(), "fdpass-"))
    const file = openSync("/etc/passwd", "r")
    const listener = must(kernelCalls.socket())
    kernelCalls.bind(listener, join(directory, "s"))
    const [one, other] = must(kernelCalls.socketPair())
    const datagram = must(kernelCalls.datagramSocket())
    const before = listener.surrender()
    expect(kernel.inspect(before)).toBe("stream")
    const again = kernelCalls.adopt(before)
    kernelCalls.listen(again, 1)
    expect(kernel.inspect(before)).toBe("listening")
    expect(kernel.inspect(file)).toBe("not a socket")
    expect(kernel.inspect(9_999)).toBe(-Errno.EBADF)
    const number = datagram.surrender()
    expect(kernel.inspect(number)).toBe("datagram")
    const fifo = join(directory, "fifo")
    Bun.spawnSync(["mkfifo", fifo])
    const pipe = openSync(fifo, constants.O_RDWR)
    const epoll = must(kernelCalls.epollCreate()).surrender()
    expect([kernel.inspect(pipe), kernel.inspect(epoll)]).toEqual(["pipe", "not a socket"])
    for (const each of [again, one, other]) each.close()
    for (const each of [number, file, pipe, epoll]) kernelCalls.adopt(each).close()
    rmSync(directory, { recursive: true })
  })

  test("tell where they are bound", () => {
    const directory = mkdtempSync(join(tmpdir(), "fdpass-"))
    const path = join(directory, "s")
    const machine = new SimulatedKernel({ seed: 1 })
    machine.makeFile(directory, "directory")
    const self = machine.process("self")
    for (const [calls, processCalls] of [
      [kernelCalls, kernel],
      [self.calls, processCallsOf(self)]
    ] as const) {
      const bound = must(calls.socket())
      expect(calls.bind(bound, path)).toBe(0)
      const numbers = [bound, must(calls.socket()), must(calls.epollCreate())].map((each) => each.surrender())
      expect(numbers.map(processCalls.socketAddress)).toEqual([
        { family: "unix", path },
        { family: "unix", path: "" },
        -Errno.ENOTSOCK
      ])
      expect(processCalls.socketAddress(9_999)).toBe(-Errno.EBADF)
      for (const number of numbers) calls.adopt(number).close()
    }
    rmSync(directory, { recursive: true })
  })

  test("tell an abstract address, and a port from a path", () => {
    const listening = () =>
      readdirSync("/proc/self/fd")
        .map(Number)
        .filter((number) => kernel.inspect(number) === "listening")
    const before = new Set(listening())
    const socket = { data: () => {} }
    const name = `scached-address-${process.pid}`
    const listeners = [
      Bun.listen({ unix: `\0${name}`, socket }),
      Bun.listen({ hostname: "127.0.0.1", port: 0, socket })
    ]
    const found = listening().filter((number) => !before.has(number))
    expect(found.map(kernel.socketAddress)).toEqual([{ family: "unix", path: `@${name}` }, { family: "other" }])
    for (const each of listeners) each.stop()
  })

  test("are made non-blocking and closed on exec, and written to", async () => {
    const reader = Bun.spawn(["sh", "-c", "exec cat"], { stdin: "pipe", stdout: "pipe" })
    const [one, other] = must(kernelCalls.socketPair())
    const number = one.surrender()
    const inherited = kernelCalls.adopt(number)
    expect([kernel.setNonBlocking(inherited), kernel.setCloseOnExec(inherited)]).toEqual([0, 0])
    expect(kernel.write(inherited, Buffer.from("hello"))).toBe(5)
    other.close()
    inherited.close()
    reader.kill()
    await reader.exited
  })

  test("a write to nobody is EPIPE and no signal", () => {
    const [one, other] = must(kernelCalls.socketPair())
    other.close()
    expect(kernel.write(one, Buffer.from("x"))).toBe(-Errno.EPIPE)
    one.close()
  })
})

describe("root and rights", () => {
  test.skipIf(process.getuid?.() !== 0)(
    "a process becomes another user below another root, for good [run as root]",
    () => {
      const root = mkdtempSync(join(tmpdir(), "fdpass-root-"))
      writeFileSync(join(root, "marker"), "")
      Bun.spawnSync(["chmod", "755", root])
      const { out, error } = child("becomeNobody", root)
      rmSync(root, { recursive: true })
      expect(error).toBe("")
      const report = JSON.parse(out)
      const { uid, gid, groups } = report.user
      const none = "0".repeat(16)
      // Bun has started some before its first line of a program.
      expect(report.threads).toBeGreaterThan(1)
      expect(report).toMatchObject({
        changed: 0,
        identity: { uids: [uid, uid, uid], gids: [gid, gid, gid], groups },
        remarks: [],
        heldByThreads: [],
        status: { CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none, NoNewPrivs: "1" },
        hasMarker: true,
        hasEtc: false,
        backToRoot: -Errno.EPERM,
        rootAgain: -Errno.EPERM,
        again: "Failure"
      })
    }
  )

  test.skipIf(process.getuid?.() !== 0)("root that has given up its capabilities is root by name alone", () => {
    const { out, error } = child("relinquish")
    const none = "0".repeat(16)
    expect(error).toBe("")
    expect(JSON.parse(out)).toEqual({
      remarks: [],
      again: [],
      status: [
        ...["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((name) => `${name}:\t${none}`),
        "NoNewPrivs:\t1"
      ],
      userId: 0,
      changedRoot: -Errno.EPERM
    })
  })

  test("what cannot be is refused", () => {
    expect(kernel.changeDirectory("/nowhere")).toBe(-Errno.ENOENT)
    expect(kernel.changeRoot("")).toBe(-Errno.EINVAL)
    expect(kernel.readFile("/nowhere")).toBe(-Errno.ENOENT)
    expect([kernel.readFile("/tmp"), kernel.readFile("/dev/zero")]).toEqual([-Errno.EISDIR, -Errno.EINVAL])
    expect(String(kernel.readFile("/etc/passwd"))).toContain("root:")
    // Its size is 0, and it holds some megabytes: the read keeps to the limit, not a look at the size before.
    expect(kernel.readFile("/proc/kallsyms")).toBe(-Errno.EFBIG)
  })

  test("the simulation does the same", () => {
    const machine = new SimulatedKernel({ seed: 1 })
    const self = machine.process("self")
    machine.makeFile("/tmp/q", "directory")
    machine.makeFile("/tmp/q/inside", "other", { text: "words" })
    const calls = processCallsOf(self)
    const user = { name: "postfix", uid: 89, gid: 89, groups: [89, 90] }
    expect([calls.changeRoot("/nowhere"), calls.changeRoot("/tmp/q")]).toEqual([-Errno.ENOENT, 0])
    expect(Effect.runSync(Effect.exit(Privileges.become(user).pipe(Effect.provide(processLayer(self)))))._tag).toBe(
      "Success"
    )
    expect(calls.identity()).toEqual({ uids: [89, 89, 89], gids: [89, 89, 89], groups: [89, 90] })
    expect([calls.readFile("/inside"), calls.readFile("inside"), calls.readFile("../../tmp/q/inside")]).toEqual([
      Buffer.from("words"),
      Buffer.from("words"),
      -Errno.ENOENT
    ])
    expect([calls.changeRoot("/"), calls.setUserId(0), calls.setGroups([])]).toEqual([-1, -1, -1])
  })
})

describe("a kernel that lies about rights", () => {
  const lies: ReadonlyArray<readonly [string, Partial<ProcessCallsShape>]> = [
    ["ids that stayed", { setUserId: () => 0 }],
    ["groups that stayed", { setGroups: () => 0, identity: () => ({ uids: [7, 7, 7], gids: [8, 8, 8], groups: [0] }) }],
    ["a way back", { setUserId: () => 0, identity: () => ({ uids: [7, 7, 7], gids: [8, 8, 8], groups: [8] }) }]
  ]
  for (const [name, lie] of lies) {
    test(`is found out: ${name}`, () => {
      const self = new SimulatedKernel({ seed: 1 }).process("self")
      const honest = processCallsOf(self)
      let looks = 0
      // The first look must still show root.
      const identity = () => (looks++ === 0 ? honest.identity() : (lie.identity ?? honest.identity)())
      const calls: ProcessCallsShape = { ...honest, ...lie, identity }
      const user = { name: "someone", uid: 7, gid: 8, groups: [8] }
      const result = Effect.runSync(
        Effect.result(Privileges.become(user).pipe(Effect.provideService(ProcessCalls, calls)))
      )
      expect(result).toMatchObject({ _tag: "Failure", failure: { _tag: "PrivilegesRemain" } })
    })
  }
})

describe("the alarm", () => {
  test("ends a process that hangs in JavaScript or in a system call", () => {
    expect(child("hang", "JavaScript").signal).toBe("SIGALRM")
    expect(child("hang", "system call").signal).toBe("SIGALRM")
  })

  test("is deadly although whoever started the process has had the signal ignored and blocked", () => {
    const hang = join(import.meta.dir, "programs/hang.ts")
    expect(child("../../../fdpass/test/programs/execDeaf", process.execPath, hang, "JavaScript").signal).toBe("SIGALRM")
  })

  test("can be called off", () => {
    expect(child("hang", "called off")).toMatchObject({ code: 0, error: "" })
  })

  test("ends a simulated process in virtual time", () => {
    const machine = new SimulatedKernel({ seed: 1 })
    const self = machine.process("self")
    processCallsOf(self).setAlarm(1_000)
    machine.advance(999)
    expect(self.calls.epollWait).toBeDefined()
    processCallsOf(self).setAlarm(1_000)
    machine.advance(999)
    expect(typeof self.calls.socket()).toBe("object")
    machine.advance(1)
    expect([self.calls.socket(), self.isAlive]).toEqual([-Errno.EBADF, false])
  })
})

test("code is given back to the page cache, and comes again when it is needed", () => {
  const program = [
    'import { readFileSync } from "node:fs"',
    'import { Effect } from "effect"',
    'import { KernelProcessCalls, ProcessCalls } from "@scached/daemon"',
    'const resident = () => Number(/^VmRSS:\\s+(\\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1])',
    "const calls = Effect.runSync(ProcessCalls.pipe(Effect.provide(KernelProcessCalls.layer)))",
    "const trim = calls.findCode()",
    "const before = resident()",
    "trim()",
    "console.log(before - resident() > 5_000, JSON.parse('[1]').length)"
  ].join("\n")
  const run = Bun.spawnSync([process.execPath, "-e", program], { cwd: import.meta.dir })
  expect([run.stdout.toString(), run.stderr.toString()]).toEqual(["true 1\n", ""])
})
