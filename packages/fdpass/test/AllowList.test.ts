/** What is closed at once, what is looked at, and what never is, on the kernel. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { type Descriptor, Errno, isConnection, isPollable, Readiness, SocketKind } from "../src/index.ts"
import { numberOf } from "../src/internal/descriptor.ts"
import { libc } from "../src/internal/kernel/libc.ts"
import { NativeBlock } from "../src/internal/kernel/nativeMemory.ts"
import { connection, lingering } from "./support/lingering.ts"
import { kernelCalls as calls, kernelMachine, must, openNumbers } from "./support/machines.ts"

const { symbols } = libc()
const kinds = Object.keys(SocketKind)
const nameOf = (kind: number): string =>
  kinds.find((name) => Object.entries(SocketKind).some(([key, value]) => key === name && value === kind)) ?? `${kind}`
const made = (family: number, type: number, protocol = 0): Descriptor => {
  const number = symbols.socket(family, type | 0o4000 | 0o2000000, protocol)
  if (number < 0) throw new Error(`no socket of family ${family}`)
  return calls.adopt(number)
}
const withOption = (socket: Descriptor, option: number, value: number): Descriptor => {
  const block = new NativeBlock(4)
  block.words[0] = value
  symbols.setsockopt(numberOf(socket), 1, option, block.address, 4)
  return socket
}
/** Netlink: a family that every kernel has, and that is not on the list. */
const otherFamily = 16
const lowWater = 18

const machine = kernelMachine()
const kept: Array<Descriptor> = []
const end = (): Descriptor => {
  const [near, far] = must(calls.socketPair())
  kept.push(far)
  return near
}
const tcp = (): Descriptor => {
  const [near, far] = connection()
  kept.push(far)
  return near
}
const tcpListener = (): Descriptor => {
  const socket = made(2, 1)
  symbols.listen(numberOf(socket), 1)
  return socket
}
const bound = (): Descriptor => {
  const socket = must(calls.socket())
  calls.bind(socket, join(machine.directory, `${Math.random()}`))
  return socket
}
const filled = (): Descriptor => {
  const near = end()
  const far = kept.at(-1)
  if (far !== undefined) calls.send(far, new Uint8Array(1))
  return near
}
const left = (): Descriptor => {
  const [near, far] = must(calls.socketPair())
  far.close()
  return near
}

type Case = readonly [string, () => Descriptor, keyof typeof SocketKind, "at once" | "elsewhere"]

/** Raw sockets need CAP_NET_RAW. Its protocol alone does not tell such a socket from a connection. */
const rawTcp = symbols.socket(2, 3 | 0o2000000, 6)
if (rawTcp >= 0) symbols.close(rawTcp)
const rawCases: ReadonlyArray<Case> =
  rawTcp < 0 ? [] : [["a raw socket of TCP's protocol", () => made(2, 3, 6), "internetDatagram", "elsewhere"]]

const cases: ReadonlyArray<Case> = [
  ["a UNIX stream", end, "unixStream", "at once"],
  ["a UNIX stream with something unread", filled, "unixStream", "elsewhere"],
  ["a UNIX stream whose peer has left", left, "unixStream", "elsewhere"],
  ["a UNIX stream with an address", bound, "unixStream", "elsewhere"],
  ["a UNIX datagram socket", () => must(calls.datagramSocket()), "unixDatagram", "at once"],
  ["a UNIX socket of packets", () => made(1, 5), "unixPacket", "at once"],
  ["a TCP connection", tcp, "tcp", "at once"],
  ["a TCP connection that lingers", () => lingering(), "tcp", "elsewhere"],
  ["a TCP listener", tcpListener, "tcp", "elsewhere"],
  ["TCP over IPv6", () => made(10, 1), "tcp", "at once"],
  ["TCP that hides a short message", () => withOption(tcp(), lowWater, 10), "deaf", "elsewhere"],
  ["UDP", () => made(2, 2), "internetDatagram", "elsewhere"],
  ...rawCases,
  ["a socket of another family", () => made(otherFamily, 3), "unknown", "elsewhere"],
  ["a file", () => machine.open(), "unknown", "elsewhere"]
]

for (const [name, make, kind, where] of cases) {
  test(`${name} is ${kind}, and closed ${where}`, () => {
    const before = openNumbers().length
    const descriptor = make()
    const isOneMore = openNumbers().length > before
    const found = calls.socketKind(descriptor)
    expect([nameOf(found), isOneMore]).toEqual([kind, true])
    const looked = calls.look(descriptor, Readiness.readable)
    expect(looked === -Errno.ENOTSOCK).toBe(!isPollable(found))
    calls.letGo(descriptor)
    expect(calls.closesUnderWay()).toBe(where === "at once" ? 0 : 1)
    const rest = kept.splice(0)
    for (const each of rest) each.close()
    while (calls.closesUnderWay() > 0) calls.hurryCloses()
  })
}

test("descriptors that are let go of together are each closed where they are closed alone", () => {
  const elsewhere = cases.filter(([, , , where]) => where === "elsewhere").length
  // Connections in the cache have been asked for their kind before.
  for (const isKnown of [false, true]) {
    const made = cases.map(([, make]) => make())
    if (isKnown) for (const each of made) calls.socketKind(each)
    const numbers = new Set(made.map(numberOf))
    calls.letGoAll(made)
    expect(calls.closesUnderWay()).toBe(elsewhere)
    expect(made.some(({ isOwned }) => isOwned)).toBe(false)
    for (const each of kept.splice(0)) each.close()
    while (calls.closesUnderWay() > 0) calls.hurryCloses()
    // Listing /proc/self/fd itself opens one.
    expect(openNumbers().filter((number) => numbers.has(number)).length).toBeLessThanOrEqual(1)
  }
})

test("a connection is a stream or a sequence of packets that can be watched", () => {
  expect(Object.values(SocketKind).filter(isConnection).map(nameOf)).toEqual([
    "unixStream",
    "unixPacket",
    "tcp",
    "internetStream"
  ])
})

test("2,000 whose peers have left are all closed, and once", () => {
  const before = openNumbers()
  const batch = calls.makeCallBatch(8, "always")
  for (let index = 0; index < 200; index++) {
    const some = Array.from({ length: 10 }, left)
    for (const each of some)
      if (batch !== undefined && index % 2 === 0) batch.letGo(each)
      else calls.letGo(each)
    batch?.run()
  }
  while (calls.closesUnderWay() > 0) calls.hurryCloses()
  expect(openNumbers().length).toBeLessThanOrEqual(before.length + 1)
})

test("a UNIX stream whose peer reads no more has failed, where it is asked whether it can be written to", () => {
  const [near, far] = must(calls.socketPair())
  expect(calls.look(near, Readiness.writable)).toBe(Readiness.writable)
  symbols.shutdown(numberOf(far), 0)
  expect([calls.look(near, Readiness.writable), calls.look(near, Readiness.writable, true)]).toEqual([
    Readiness.writable,
    Readiness.writable | Readiness.error
  ])
  near.close()
  far.close()
})

test("TCP that is not connected cannot be written to, and urgent data are seen", () => {
  const listener = tcpListener()
  expect(calls.look(listener, Readiness.writable)).toBe(0)
  listener.close()
  const [near, far] = connection()
  symbols.send(numberOf(far), Buffer.from("!"), 1, 0x01 | 0x40)
  expect(calls.look(near, Readiness.urgent | Readiness.readable)).toBe(Readiness.urgent)
  near.close()
  far.close()
})

test("a listener's options do not reach what is read from its clients", () => {
  const path = join(machine.directory, "options")
  const listener = must(calls.socket())
  calls.bind(listener, path)
  const passProcess = 76
  const passCredentials = 16
  withOption(withOption(listener, passCredentials, 1), passProcess, 1)
  calls.listen(listener, 4)
  const early = must(calls.socket())
  calls.connect(early, path)
  const wereOn = calls.plainMessages(listener)
  expect([wereOn > 0, calls.plainMessages(listener)]).toEqual([true, 0])
  const client = must(calls.socket())
  calls.connect(client, path)
  const [first, second] = [must(calls.accept(listener)), must(calls.accept(listener))]
  calls.send(client, new Uint8Array(1))
  calls.send(early, new Uint8Array(1))
  const buffer = calls.makeReceiveBuffer(8)
  const before = openNumbers().length
  // The first was made with the options on: what comes with its bytes is closed, and is no descriptor that somebody has passed.
  for (const socket of [first, second]) {
    expect(calls.receive(socket, buffer)).toBe(1)
    expect([buffer.takeDescriptor(), buffer.surplus, buffer.truncated]).toEqual([undefined, 0, false])
  }
  expect(openNumbers().length).toBe(before)
  expect(calls.passesDescriptors(listener)).not.toBe(0)
  for (const each of [listener, early, client, first, second]) each.close()
  machine.dispose()
})
