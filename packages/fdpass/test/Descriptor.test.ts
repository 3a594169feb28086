import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { Effect, Exit, Scope } from "effect"
import { type Descriptor, DescriptorMisuse, Descriptors, Errno } from "../src/index.ts"
import { adoptDescriptor, numberOf } from "../src/internal/descriptor.ts"
import { closeAll, kernelCalls, kernelMachine, must } from "./support/machines.ts"

/** A descriptor of number 7 whose closes are counted. */
const counted = () => {
  const closes: Array<number> = []
  return { closes, descriptor: adoptDescriptor(7, (number) => closes.push(number)) }
}

describe("ownership", () => {
  test("is closed exactly once", () => {
    const { closes, descriptor } = counted()
    expect(descriptor.isOwned).toBe(true)
    descriptor.close()
    expect([closes, descriptor.isOwned]).toEqual([[7], false])
    expect(() => descriptor.close()).toThrow("a descriptor that is no longer owned was closed")
    expect(closes).toEqual([7])
  })

  test("is taken once, and only the taker can close", () => {
    const { closes, descriptor } = counted()
    const taken = descriptor.take()
    expect(() => descriptor.take()).toThrow(DescriptorMisuse)
    expect(() => descriptor.close()).toThrow(DescriptorMisuse)
    expect(() => numberOf(descriptor)).toThrow("was used")
    expect(closes).toEqual([])
    taken.close()
    expect(closes).toEqual([7])
  })

  test("is surrendered with the duty to close", () => {
    const { closes, descriptor } = counted()
    expect(descriptor.surrender()).toBe(7)
    expect(() => descriptor.surrender()).toThrow("was surrendered")
    expect(() => descriptor.close()).toThrow(DescriptorMisuse)
    expect(closes).toEqual([])
  })

  test("every call on one that was given up throws before the kernel is asked", () => {
    const [one, other] = must(kernelCalls.socketPair())
    one.close()
    expect(() => kernelCalls.send(one, Buffer.from("x"))).toThrow(DescriptorMisuse)
    expect(() => kernelCalls.receive(one, kernelCalls.makeReceiveBuffer(8))).toThrow(DescriptorMisuse)
    expect(() => kernelCalls.sendDescriptor(other, one)).toThrow(DescriptorMisuse)
    other.close()
  })
})

describe("scoped", () => {
  const within = (use: (descriptor: Descriptor) => Effect.Effect<void, string>) => {
    const { closes, descriptor } = counted()
    const exit = Effect.runSyncExit(Effect.scoped(Effect.flatMap(Descriptors.scoped(descriptor), use)))
    return { closes, isSuccess: Exit.isSuccess(exit) }
  }

  test("the scope closes what is still owned, after success and after failure", () => {
    expect(within(() => Effect.void)).toEqual({ closes: [7], isSuccess: true })
    expect(within(() => Effect.fail("no"))).toEqual({ closes: [7], isSuccess: false })
  })

  test("the scope leaves alone what was given up", () => {
    expect(within((descriptor) => Effect.sync(() => void descriptor.take()))).toEqual({ closes: [], isSuccess: true })
    expect(within((descriptor) => Effect.sync(() => descriptor.close()))).toEqual({ closes: [7], isSuccess: true })
  })

  test("a scope that is closed twice closes once", () => {
    const { closes, descriptor } = counted()
    const scope = Scope.makeUnsafe()
    Effect.runSync(Scope.provide(Descriptors.scoped(descriptor), scope))
    Effect.runSync(Scope.close(scope, Exit.void))
    Effect.runSync(Scope.close(scope, Exit.void))
    expect(closes).toEqual([7])
  })
})

describe("the kernel's flags", () => {
  /** As /proc tells them: O_NONBLOCK and O_CLOEXEC. */
  const flagsOf = (descriptor: Descriptor) => {
    const text = readFileSync(`/proc/self/fdinfo/${numberOf(descriptor)}`, "latin1")
    const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(text)?.[1] ?? "", 8)
    return { nonBlocking: (flags & 0o4000) !== 0, closeOnExec: (flags & 0o2000000) !== 0 }
  }
  const both = { nonBlocking: true, closeOnExec: true }

  test("every descriptor that is made, accepted or received is close-on-exec, and every socket non-blocking", () => {
    const machine = kernelMachine()
    const path = `${machine.directory}/server`
    const calls = kernelCalls
    const [one, other] = must(calls.socketPair())
    const [listener, client, epoll] = [must(calls.socket()), must(calls.socket()), must(calls.epollCreate())]
    calls.bind(listener, path)
    calls.listen(listener, 1)
    calls.connect(client, path)
    const accepted = must(calls.accept(listener))
    const buffer = calls.makeReceiveBuffer(8)
    calls.sendDescriptor(one, listener)
    calls.receive(other, buffer)
    const received = buffer.takeDescriptor()
    if (received === undefined) throw new Error("no descriptor came")
    const duplicate = must(calls.duplicate(one))
    for (const each of [one, other, listener, client, accepted, received, duplicate])
      expect(flagsOf(each)).toEqual(both)
    expect(flagsOf(epoll).closeOnExec).toBe(true)
    closeAll(one, other, listener, client, epoll, accepted, received, duplicate)
    machine.dispose()
  })
})

describe("a descriptor that its owner forgets", () => {
  const count = 8

  /** In a function of its own: nothing of what it makes is in reach behind it, but the far ends. */
  const forget = (end: (near: Descriptor) => void, use: (forgotten: Descriptor) => void): ReadonlyArray<Descriptor> =>
    Array.from({ length: count }, () => {
      const [near, far] = must(kernelCalls.socketPair())
      Descriptors.onForgotten(near, use)
      end(near)
      return far
    })

  test("comes back once, in another value, and what was closed or taken does not", async () => {
    const back: Array<Descriptor> = []
    const wrong: Array<Descriptor> = []
    const taken: Array<Descriptor> = []
    const far = [
      ...forget(
        (near) => near.close(),
        (forgotten) => wrong.push(forgotten)
      ),
      ...forget(
        (near) => taken.push(near.take()),
        (forgotten) => wrong.push(forgotten)
      ),
      ...forget(
        () => {},
        (forgotten) => back.push(forgotten)
      )
    ]
    // The stack may still hold the last one for a while.
    while (back.length < count - 1) {
      Bun.gc(true)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    expect(wrong).toEqual([])
    for (const each of taken) expect(kernelCalls.peek(each)).toBe(-Errno.EAGAIN)
    for (const each of back) expect(kernelCalls.peek(each)).toBe(-Errno.EAGAIN)
    closeAll(...far, ...taken, ...back)
  })
})
