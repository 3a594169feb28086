import { describe, expect, test } from "bun:test"
import { Errno } from "../../src/index.ts"
import type * as Simulated from "../../src/testing/index.ts"
import { must } from "../support/machines.ts"
import { connect, listen, makeKernel } from "../support/simulations.ts"

describe("faults", () => {
  const pair = (plan: Simulated.FaultPlan) => {
    const kernel = makeKernel({ faults: plan })
    const process = kernel.process("process")
    const quiet = kernel.process("quiet", { faults: {} })
    const [near, far] = must(quiet.calls.socketPair())
    const one = process.calls.adopt(process.inherit(quiet, near))
    near.close()
    return { kernel, process, quiet, calls: process.calls, one, far }
  }
  const at = (call: Simulated.FaultableCall, fault: Simulated.FaultKind, nth = 1) =>
    pair({ script: [{ call, nth, fault }] })

  test("a scripted fault happens at its call and at no other", () => {
    const { calls, kernel, one } = at("send", "interrupted", 2)
    const outcomes = [1, 2, 3].map(() => calls.send(one, Buffer.from("x")))
    expect(outcomes).toEqual([1, -Errno.EINTR, 1])
    expect([...kernel.faultCounts]).toEqual([["interrupted", 1]])
  })

  test("reads and writes that fall short lose nothing", () => {
    const text = "the quick brown fox jumps over the lazy dog"
    let shortReads = 0
    for (let seed = 1; seed <= 50; seed++) {
      const kernel = makeKernel({ seed, faults: { rates: { shortRead: 0.5, shortWrite: 0.5, notReady: 0.2 } } })
      const { calls } = kernel.process("process")
      const [one, other] = must(calls.socketPair())
      const buffer = calls.makeReceiveBuffer(64)
      let sent = 0
      let got = ""
      while (got.length < text.length) {
        if (sent < text.length) sent += Math.max(0, calls.send(one, Buffer.from(text.slice(sent))))
        const count = calls.receive(other, buffer)
        if (count > 0) got += buffer.bytes.toString("latin1", 0, count)
      }
      expect(got).toBe(text)
      shortReads += kernel.faultCounts.get("shortRead") ?? 0
    }
    expect(shortReads).toBeGreaterThan(50)
  })

  test("a receiver out of descriptors loses the one that came", () => {
    for (const fault of ["processTableFull", "systemTableFull"] as const) {
      const { calls, far, kernel, one, quiet } = at("receive", fault)
      quiet.calls.sendDescriptor(far, quiet.open("cargo"))
      const buffer = calls.makeReceiveBuffer(8)
      expect(calls.receive(one, buffer)).toBe(1)
      expect([buffer.truncated, buffer.takeDescriptor()]).toEqual([true, undefined])
      expect(kernel.faultCounts.get(fault)).toBe(1)
    }
  })

  test("a broken connection is EPIPE here and the end of the stream there", () => {
    const { calls, far, one, quiet } = at("sendDescriptor", "connectionBroken")
    expect(calls.sendDescriptor(one, one)).toBe(-Errno.EPIPE)
    expect(calls.send(one, Buffer.from("x"))).toBe(-Errno.EPIPE)
    expect(quiet.calls.receive(far, quiet.calls.makeReceiveBuffer(8))).toBe(0)
  })

  test("errors of sending send nothing", () => {
    const { calls, far, one, quiet } = pair({
      script: [
        { call: "sendDescriptor", nth: 1, fault: "tooManyReferences" },
        { call: "sendDescriptor", nth: 2, fault: "noBuffers" },
        { call: "send", nth: 1, fault: "noBuffers" }
      ]
    })
    expect(calls.sendDescriptor(one, one)).toBe(-Errno.ETOOMANYREFS)
    expect(calls.sendDescriptor(one, one)).toBe(-Errno.ENOBUFS)
    expect(calls.send(one, Buffer.from("x"))).toBe(-Errno.ENOBUFS)
    expect(quiet.calls.receive(far, quiet.calls.makeReceiveBuffer(8))).toBe(-Errno.EAGAIN)
  })

  test("accept: full tables leave the connection waiting, an abort takes it away", () => {
    const kernel = makeKernel()
    const script = (["processTableFull", "systemTableFull", "notReady", "connectionAborted"] as const).map(
      (fault, index) => ({ call: "accept" as const, nth: index + 1, fault, process: "server" })
    )
    const server = kernel.process("server", { faults: { script } })
    const client = kernel.process("client")
    const listener = listen(server)
    const [first, second] = [connect(client), connect(client)]
    const outcomes = [1, 2, 3, 4].map(() => server.calls.accept(listener))
    expect(outcomes).toEqual([-Errno.EMFILE, -Errno.ENFILE, -Errno.EAGAIN, -Errno.ECONNABORTED])
    const buffer = client.calls.makeReceiveBuffer(8)
    expect(client.calls.receive(first, buffer)).toBe(-Errno.ECONNRESET)
    must(server.calls.accept(listener))
    expect(client.calls.receive(second, buffer)).toBe(-Errno.EAGAIN)
  })

  test("epoll and the makers of descriptors fail as told", () => {
    const { calls, one } = pair({
      script: [
        { call: "epollCreate", nth: 1, fault: "processTableFull" },
        { call: "epollAdd", nth: 1, fault: "noMemory" },
        { call: "epollAdd", nth: 2, fault: "watchLimit" },
        { call: "epollWait", nth: 1, fault: "interrupted" },
        { call: "poll", nth: 2, fault: "noMemory" },
        { call: "socket", nth: 1, fault: "systemTableFull" },
        { call: "socketPair", nth: 1, fault: "processTableFull" },
        { call: "connect", nth: 1, fault: "interrupted" }
      ]
    })
    expect(calls.epollCreate()).toBe(-Errno.EMFILE)
    const epoll = must(calls.epollCreate())
    expect([1, 2, 3].map(() => calls.epollAdd(epoll, one, 4, 1))).toEqual([-Errno.ENOMEM, -Errno.ENOSPC, 0])
    const batch = calls.makeReadinessBatch(1)
    expect([1, 2].map(() => calls.epollWait(epoll, batch, 0))).toEqual([-Errno.EINTR, 1])
    const looks = calls.makePollBatch(1)
    looks.put(0, one, 4)
    expect([1, 2, 3].map(() => calls.poll(looks, 1))).toEqual([1, -Errno.ENOMEM, 1])
    expect([calls.socket(), calls.socketPair(), calls.connect(one, "/run/x")]).toEqual([
      -Errno.ENFILE,
      -Errno.EMFILE,
      -Errno.EINTR
    ])
  })

  test("a paused plan makes no faults by chance", () => {
    const { calls, kernel, one } = pair({ rates: { "send.noBuffers": 1 } })
    expect(calls.send(one, Buffer.from("x"))).toBe(-Errno.ENOBUFS)
    kernel.pauseFaults()
    expect(calls.send(one, Buffer.from("x"))).toBe(1)
    kernel.resumeFaults()
    expect(calls.send(one, Buffer.from("x"))).toBe(-Errno.ENOBUFS)
  })

  test("a plan that can never come true is refused", () => {
    const refused = (faults: Simulated.FaultPlan) => () => makeKernel().process("process", { faults })
    expect(refused({ rates: { "connect.shortRead": 0.5 } })).toThrow("no simulated call fails with connect.shortRead")
    expect(refused({ rates: { notReady: 2 } })).toThrow("not a probability")
    expect(refused({ script: [{ call: "send", nth: 1, fault: "shortRead" }] })).toThrow(
      "send does not fail with shortRead"
    )
  })
})
