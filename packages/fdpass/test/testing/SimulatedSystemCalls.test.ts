import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import { Errno, Readiness, SystemCalls } from "../../src/index.ts"
import * as Simulated from "../../src/testing/index.ts"
import { must } from "../support/machines.ts"
import { connect, listen, makeKernel } from "../support/simulations.ts"

describe("identity and ledger", () => {
  test("the descriptor that arrives in another process is the very one that was sent", () => {
    const kernel = makeKernel()
    const [server, client] = [kernel.process("server"), kernel.process("client", { uid: 5, gid: 6, pid: 77 })]
    const listener = listen(server)
    server.calls.changeMode("/run/server", 0o666)
    const socket = connect(client)
    const accepted = must(server.calls.accept(listener))
    expect(server.calls.peerCredentials(accepted)).toEqual({ pid: 77, uid: 5, gid: 6 })
    const cargo = client.open("mail to 192.0.2.1")
    const saved = client.inspect(cargo)
    expect(client.calls.sendDescriptor(socket, cargo)).toBe(1)
    cargo.close()
    const buffer = server.calls.makeReceiveBuffer(16)
    expect(server.calls.receive(accepted, buffer)).toBe(1)
    const received = buffer.takeDescriptor()
    if (received === undefined) throw new Error("no descriptor came")
    const found = server.inspect(received)
    expect(found.fileId).toBe(saved.fileId)
    expect(found.label).toBe("mail to 192.0.2.1")
    expect(found.history.map((each) => each.replace(/^.*ms /, ""))).toEqual([
      'client[4] opened: file #4 "mail to 192.0.2.1"',
      'client[4] passed through socket #2 "socket": file #4 "mail to 192.0.2.1"',
      'client[4] closed: file #4 "mail to 192.0.2.1"',
      'server[5] received: file #4 "mail to 192.0.2.1"'
    ])
    expect(kernel.counts).toEqual({ made: 4, closed: 1, passed: 1, received: 1, lost: 0 })
    expect(kernel.violations).toEqual([])
  })

  test("a second close under the same number is a violation that tells the number's history", () => {
    const kernel = makeKernel()
    const server = kernel.process("server")
    const first = server.open("first")
    const copy = server.calls.adopt(server.inspect(first).number)
    first.close()
    copy.close()
    expect(kernel.violations).toHaveLength(1)
    const text = kernel.violations.map(Simulated.explainViolation).join("")
    expect(text).toContain("server closed descriptor 3, which it did not own, in close")
    expect(text).toContain('server[3] opened: file #1 "first"')
    expect(text).toContain('server[3] closed: file #1 "first"')
    expect(kernel.describe()).toContain(text)
  })

  test("numbers are given again lowest first, so that a stray close hits somebody else's descriptor", () => {
    const server = makeKernel().process("server")
    const first = server.open("first")
    const stray = server.calls.adopt(server.inspect(first).number)
    first.close()
    server.open("innocent")
    stray.close()
    expect(server.openDescriptors()).toEqual([])
  })

  test("using a number that is not open is a violation and EBADF", () => {
    const kernel = makeKernel()
    const { calls } = kernel.process("server")
    const stray = calls.adopt(9)
    expect(calls.send(stray, Buffer.from("x"))).toBe(-Errno.EBADF)
    expect(kernel.violations.map(({ kind, operation }) => `${kind} ${operation}`)).toEqual([
      "adopted adopt",
      "used send"
    ])
  })

  test("a descriptor of another process is refused", () => {
    const kernel = makeKernel()
    const [server, client] = [kernel.process("server"), kernel.process("client")]
    expect(() => server.calls.send(client.open("x"), Buffer.from("x"))).toThrow("another process")
    expect(kernel.violations.map(({ kind }) => kind)).toEqual(["foreign"])
  })

  test("a history stays bounded and keeps its beginning", () => {
    const server = makeKernel().process("server")
    for (let round = 0; round < 1000; round++) server.open(`round ${round}`).close()
    const history = server.historyOf(3)
    expect(history.length).toBeLessThan(150)
    expect(history[0]).toContain("round 0")
    expect(history.at(-1)).toContain("round 999")
    expect(history.join("\n")).toContain("events left out")
  })
})

describe("processes", () => {
  test("death closes everything as the kernel would, and what still runs of it gets nothing done", () => {
    const kernel = makeKernel()
    const [server, client] = [kernel.process("server"), kernel.process("client")]
    const listener = listen(server)
    const socket = connect(client)
    const cargo = client.open("cargo")
    client.die()
    expect(client.openDescriptors()).toEqual([])
    cargo.close()
    expect(client.calls.send(socket, Buffer.from("x"))).toBe(-Errno.EBADF)
    expect(kernel.violations).toEqual([])
    const accepted = must(server.calls.accept(listener))
    expect(server.calls.receive(accepted, server.calls.makeReceiveBuffer(8))).toBe(0)
  })

  test("a descriptor is inherited under the number that the child expects", () => {
    const kernel = makeKernel()
    const [master, server, client] = [kernel.process("master"), kernel.process("server"), kernel.process("client")]
    const listener = listen(master)
    expect(server.inherit(master, listener, 6)).toBe(6)
    listener.close()
    connect(client)
    must(server.calls.accept(server.calls.adopt(6)))
    expect(server.openDescriptors().map(({ number }) => number)).toEqual([3, 6])
  })

  test("a full table: EMFILE before anything is taken, and a passed descriptor is lost", () => {
    const kernel = makeKernel()
    const [server, client] = [kernel.process("server", { descriptorsMax: 6 }), kernel.process("client")]
    const listener = listen(server)
    const [first, second] = [connect(client), connect(client)]
    const accepted = must(server.calls.accept(listener))
    const filler = must(server.calls.socket())
    expect(server.calls.accept(listener)).toBe(-Errno.EMFILE)
    expect(server.calls.socketPair()).toBe(-Errno.EMFILE)
    const cargo = client.open("cargo")
    client.calls.sendDescriptor(first, cargo)
    const buffer = server.calls.makeReceiveBuffer(8)
    expect(server.calls.receive(accepted, buffer)).toBe(1)
    expect([buffer.truncated, buffer.takeDescriptor()]).toEqual([true, undefined])
    expect(kernel.counts.lost).toBe(1)
    filler.close()
    // The second connection was still waiting.
    expect(typeof server.calls.accept(listener)).toBe("object")
    expect(client.calls.send(second, Buffer.from("x"))).toBe(1)
  })

  test("files have owners and modes", () => {
    const kernel = makeKernel()
    kernel.makeFile("/run/own", "directory", { uid: 5, mode: 0o755 })
    const owner = kernel.process("owner", { uid: 5, gid: 5, workingDirectory: "/run/own" })
    const other = kernel.process("other", { uid: 6, gid: 6 })
    const listener = must(owner.calls.socket())
    expect(owner.calls.bind(listener, "private")).toBe(0)
    owner.calls.listen(listener, 1)
    const socket = must(other.calls.socket())
    expect(other.calls.connect(socket, "/run/own/private")).toBe(-Errno.EACCES)
    expect(other.calls.changeMode("/run/own/private", 0o777)).toBe(-Errno.EPERM)
    expect(other.calls.unlink("/run/own/private")).toBe(-Errno.EACCES)
    expect(other.calls.bind(must(other.calls.socket()), "/run/own/x")).toBe(-Errno.EACCES)
    expect(owner.calls.changeMode("/run/own/private", 0o602)).toBe(0)
    expect(kernel.modeOf("/run/own/private")).toBe(0o602)
    expect(other.calls.connect(socket, "/run/own/private")).toBe(0)
  })
})

test("a write that only partly fits wakes the reader, and is a copy of a Buffer too", () => {
  const { calls } = makeKernel({ socketBufferBytes: 2048 }).process("process")
  const [one, other] = must(calls.socketPair())
  const epoll = must(calls.epollCreate())
  calls.epollAdd(epoll, other, Readiness.readable, 1)
  const batch = calls.makeReadinessBatch(4)
  expect(calls.epollWait(epoll, batch, 0)).toBe(0)
  const bytes = Buffer.alloc(10_000, "a")
  expect(calls.send(one, bytes)).toBeLessThan(bytes.length)
  bytes.fill("b")
  expect(calls.epollWait(epoll, batch, 0)).toBe(1)
  const buffer = calls.makeReceiveBuffer(8)
  calls.receive(other, buffer)
  expect(buffer.bytes.toString()).toBe("aaaaaaaa")
})

test("the layer provides the calls of its process", () => {
  const process = makeKernel().process("process")
  const calls = Effect.runSync(Effect.map(SystemCalls, (each) => each).pipe(Effect.provide(Simulated.layer(process))))
  must(calls.socket()).close()
  expect([process.callCount("socket"), process.openCount]).toEqual([1, 0])
})
