/** What somebody else's descriptors can do to the thread that closes them or looks at them: nothing. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { type Descriptor, Errno, Readiness } from "../src/index.ts"
import { kernelCalls as calls, kernelMachine, must } from "./support/machines.ts"
import { sleepsIn, untilStuck } from "./support/untilStuck.ts"

const { CI } = process.env
const child = (name: string): string => join(import.meta.dir, "programs", name)

test("what an ordinary look does not see in a queue is closed without a wait, and so is more than there are threads for", () => {
  const run = Bun.spawnSync([process.execPath, child("hiddenDescriptors.ts")])
  expect([run.stderr.toString(), run.signalCode]).toEqual(["", undefined])
  expect(JSON.parse(run.stdout.toString())).toEqual({
    peek: "EAGAIN",
    "urgent byte": 1,
    kept: 0,
    received: 1,
    descriptor: true,
    discarded: 0,
    "under way": true,
    "left open": 0
  })
})

const receiveOne = async (listener: Descriptor, holder: Bun.Subprocess): Promise<Descriptor | undefined> => {
  await untilStuck(holder)
  const socket = calls.accept(listener)
  if (typeof socket === "number") return undefined
  const buffer = calls.makeReceiveBuffer(8)
  calls.receive(socket, buffer)
  socket.close()
  return buffer.takeDescriptor()
}

for (const [kind, seen] of [
  ["tcp", 0],
  ["unix", Readiness.readable]
] as const) {
  test(`a ${kind} socket whose lock another process holds is looked at and let go of at once`, async () => {
    const machine = kernelMachine()
    const listener = must(calls.socket())
    const path = join(machine.directory, "s")
    expect([calls.bind(listener, path), calls.listen(listener, 1)]).toEqual([0, 0])
    const holder = Bun.spawn([process.execPath, child("holdsLock.ts"), kind, path], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    try {
      const held = await receiveOne(listener, holder)
      // Where the kernel lets nobody do this (vm.unprivileged_userfaultfd), root can.
      if (held === undefined)
        return expect([CI, await new Response(holder.stdout).text()]).toEqual([undefined, "cannot\n"])
      expect(calls.look(held, Readiness.readable | Readiness.peerClosed)).toBe(seen)
      calls.letGo(held)
      // A read would have waited for the end of the holder, and so would setsockopt.
      while (calls.closesUnderWay() > 0) calls.hurryCloses()
      expect([holder.exitCode, sleepsIn(holder.pid)]).toEqual([null, expect.stringContaining("userfault")])
    } finally {
      holder.kill("SIGKILL")
      await holder.exited
      listener.close()
      machine.dispose()
    }
  })
}

test("what is no socket is not looked at", () => {
  const machine = kernelMachine()
  const file = machine.open()
  expect([calls.look(file, Readiness.readable), calls.look(file, Readiness.readable)]).toEqual([
    -Errno.ENOTSOCK,
    -Errno.ENOTSOCK
  ])
  file.close()
  machine.dispose()
})
