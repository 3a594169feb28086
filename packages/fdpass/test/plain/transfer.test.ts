/** Descriptors between processes, by the plain functions. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, openSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  connectSocket,
  type Descriptor,
  makeSocketPair,
  receiveDescriptors,
  type SocketType,
  sendDescriptors
} from "../../src/plain/index.ts"
import { closeAll, kernelCalls, openNumbers } from "../support/machines.ts"
import { sendDescriptorsRaw } from "../support/rawMessages.ts"

const types: ReadonlyArray<SocketType> = ["stream", "seqpacket"]

const withPath = async (use: (path: string) => Promise<void>): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "fdpass-"))
  try {
    await use(join(directory, "socket"))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const program = (name: string): string => join(import.meta.dir, "../programs", name)

const cookieOf = (descriptor: Descriptor): number => kernelCalls.socketCookie(descriptor)

/** Ends to be sent, and to be closed at the end. */
const ends = (count: number): ReadonlyArray<Descriptor> =>
  Array.from({ length: Math.ceil(count / 2) }, () => makeSocketPair())
    .flat()
    .slice(0, count)

/** What each open descriptor leads to. */
const openLinks = (): ReadonlyArray<string> =>
  openNumbers().flatMap((number) => {
    try {
      return [readlinkSync(`/proc/self/fd/${number}`)]
    } catch {
      return []
    }
  })

/**
 * Counts the descriptors of what has been opened since. A plain count of all would also change when Bun closes, some time after the
 * process of an earlier test has ended, what it had open for that process.
 */
const countNew = (): (() => number) => {
  const before = new Set(openLinks())
  return () => openLinks().filter((link) => !before.has(link)).length
}

/** Waits until no more are open than that: files, and sockets whose far ends have left, are closed on other threads. */
const untilOpen = async (count: number, open: () => number): Promise<void> => {
  while (open() > count) await new Promise<void>((resolve) => setTimeout(resolve, 1))
}

/** The name of the error that a promise rejects with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof Error ? error.name : error)
  )

for (const type of types) {
  describe(`over a ${type}`, () => {
    test("another process sends more descriptors than a message carries, in their order, with bytes", () =>
      withPath(async (path) => {
        const openSince = countNew()
        const receiving = receiveDescriptors(path, { type })
        while (!existsSync(path)) await new Promise<void>((resolve) => setImmediate(resolve))
        const command = [process.execPath, program("sendPlain.ts"), path, type, "600", "hello"]
        const sender = Bun.spawn(command, { stdio: ["ignore", "pipe", "inherit"] })
        const cookies: Array<number> = JSON.parse(await new Response(sender.stdout).text())
        const received = await receiving
        expect(new TextDecoder().decode(received.bytes)).toBe("hello")
        expect(received.descriptors.map(cookieOf)).toEqual(cookies)
        expect(existsSync(path)).toBe(false)
        const most = openSince()
        received[Symbol.dispose]()
        await untilOpen(most - 600, openSince)
      }))

    test("what is sent stays open here, what came is closed by using, and what was surrendered is not", async () => {
      const openSince = countNew()
      const [one, other] = makeSocketPair(type)
      const sent = ends(3)
      await sendDescriptors(one, sent, { bytes: "abc" })
      let kept: Descriptor | undefined
      {
        using received = await receiveDescriptors(other)
        expect(received.descriptors.map(cookieOf)).toEqual(sent.map(cookieOf))
        kept = received.descriptors[1]?.take()
      }
      expect(sent.every((each) => each.isOwned)).toBe(true)
      const [first] = sent
      if (kept === undefined || first === undefined) throw new Error("nothing came")
      expect(openSince()).toBe(2 + 4 + 1)
      // Numbers work too.
      const number = kept.surrender()
      await sendDescriptors(one, [number])
      const again = await receiveDescriptors(other)
      expect(again.descriptors.map(cookieOf)).toEqual([cookieOf(sent[1] ?? first)])
      const numbers = again.surrender().concat(number)
      for (const each of numbers) kernelCalls.adopt(each).close()
      again[Symbol.dispose]()
      // The fourth is the other end of the last pair.
      closeAll(one, other, ...sent)
    })

    test("a count is waited for over messages, and the sender's early end is an error", async () => {
      const openSince = countNew()
      const [one, other] = makeSocketPair(type)
      const sent = ends(2)
      const waiting = receiveDescriptors(other, { count: 2 })
      for (const each of sent) await sendDescriptors(one, [each])
      {
        using received = await waiting
        expect([received.descriptors.length, received.bytes.length]).toEqual([2, 2])
      }
      const early = receiveDescriptors(other, { count: 3 })
      await sendDescriptors(one, sent)
      one.close()
      expect(await errorOf(early)).toBe("DescriptorsMissing")
      expect(openSince()).toBe(1 + 2)
      closeAll(other, ...sent)
    })

    test("what is more than is allowed is refused, and closed", async () => {
      const openSince = countNew()
      const [one, other] = makeSocketPair(type)
      const sent = ends(4)
      await sendDescriptors(one, sent)
      expect(await errorOf(receiveDescriptors(other, { descriptorsMax: 3 }))).toBe("TransferTooLarge")
      await sendDescriptors(one, sent, { bytes: "0123456789" })
      expect(await errorOf(receiveDescriptors(other, { bytesMax: 9 }))).toBe("TransferTooLarge")
      expect(openSince()).toBe(2 + 4)
      closeAll(one, other, ...sent)
    })

    test("an abort ends the wait of a receiver, and of a sender", async () => {
      const openSince = countNew()
      const [one, other] = makeSocketPair(type)
      const controller = new AbortController()
      const receiving = receiveDescriptors(other, { count: 2, signal: controller.signal })
      await sendDescriptors(one, [other])
      controller.abort(new Error("enough"))
      await expect(receiving).rejects.toThrow("enough")
      const impatient = new AbortController()
      // More than the queue takes while nobody reads.
      const sending = sendDescriptors(one, ends(0), { bytes: new Uint8Array(8_000_000), signal: impatient.signal })
      impatient.abort(new Error("too slow"))
      const refused = await errorOf(sending)
      // A packet that can never fit is refused at once.
      expect(type === "stream" ? refused : "Error").toBe("Error")
      closeAll(one, other)
      while (openSince() > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    })
  })
}

test("files that came are closed, too, though not on this thread", async () => {
  const [one, other] = makeSocketPair()
  const file = kernelCalls.adopt(openSync(import.meta.path, "r"))
  const openFiles = () => openLinks().filter((link) => link === import.meta.path).length
  // One after the other, so that most come while the first is being closed.
  for (let count = 0; count < 10; count++) {
    await sendDescriptors(
      one,
      Array.from({ length: 10 }, () => file)
    )
    using received = await receiveDescriptors(other)
    expect(received.descriptors).toHaveLength(10)
  }
  await untilOpen(1, openFiles)
  closeAll(one, other, file)
})

test("a packet without a byte is not the sender's end if it has descriptors", async () => {
  const [one, other] = makeSocketPair("seqpacket")
  const sent = ends(2)
  sendDescriptorsRaw(one, sent.slice(0, 1), new Uint8Array(0))
  sendDescriptorsRaw(one, sent.slice(1))
  using received = await receiveDescriptors(other, { count: 2 })
  expect(received.descriptors.map(cookieOf)).toEqual(sent.map(cookieOf))
  closeAll(one, other, ...sent)
})

test("what others send is received alike, and bytes alone are waited through", async () => {
  const [one, other] = makeSocketPair()
  const sent = ends(2)
  const receiving = receiveDescriptors(other)
  kernelCalls.send(one, Buffer.from("first "))
  await new Promise<void>((resolve) => setImmediate(resolve))
  sendDescriptorsRaw(one, sent, Buffer.from("second"))
  using received = await receiving
  expect(new TextDecoder().decode(received.bytes)).toBe("first second")
  expect(received.descriptors.map(cookieOf)).toEqual(sent.map(cookieOf))
  closeAll(one, other, ...sent)
})

test("where the receiver has no room the loss is an error, and nothing is left open", async () => {
  const [one, other] = makeSocketPair()
  const command = `ulimit -n 64 && exec ${process.execPath} ${program("receivePlain.ts")}`
  const stdio: ["ignore", "pipe", "inherit", number] = ["ignore", "pipe", "inherit", other.surrender()]
  const receiver = Bun.spawn(["sh", "-c", command], { stdio })
  const sent = ends(200)
  await sendDescriptors(one, sent)
  expect(await new Response(receiver.stdout).text()).toBe("DescriptorsLost 0\n")
  const inherited = stdio[3]
  kernelCalls.adopt(inherited).close()
  closeAll(one, ...sent)
})

test("errors say what was wrong", async () => {
  await withPath(async (path) => {
    expect(() => connectSocket(path)).toThrow("no such file or directory (ENOENT)")
    await expect(sendDescriptors(path, [])).rejects.toMatchObject({ _tag: "SystemCallError", operation: "connect" })
    const [one, other] = makeSocketPair()
    const many = ends(300)
    await expect(sendDescriptors(one, many, { bytes: "x" })).rejects.toThrow(
      "300 descriptors travel in 2 messages, and each carries a byte at least: expected 2 bytes, found 1"
    )
    other.close()
    await expect(sendDescriptors(one, many)).rejects.toThrow("the peer is gone (EPIPE)")
    closeAll(one, ...many)
  })
})
