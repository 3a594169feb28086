import { expect, test } from "bun:test"
import type { Descriptor } from "@scached/fdpass"
import { type FaultPlan, SeededRandom } from "@scached/fdpass/testing"
import type { Channel } from "../../src/index.ts"
import { bytesOf, type Machine, makeMachine, Notes, openChannel } from "../support/simulations.ts"

const runs = 400
const { CHANNEL_SEED: given } = Bun.env
const seeds = given === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [Number.parseInt(given, 10)]

const faults: FaultPlan = {
  rates: {
    interrupted: 0.1,
    notReady: 0.1,
    shortRead: 0.2,
    shortWrite: 0.2,
    "send.noBuffers": 0.002,
    "sendDescriptor.tooManyReferences": 0.02,
    "send.connectionBroken": 0.002,
    "sendDescriptor.connectionBroken": 0.002,
    "epollAdd.noMemory": 0.002
  }
}

/** The far end: reads what comes as a list of bytes and labels of descriptors. */
const makeReader = (machine: Machine, socket: Descriptor) => {
  const buffer = machine.process.calls.makeReceiveBuffer(700)
  const items: Array<string> = []
  return {
    items,
    read: () => {
      const count = machine.process.calls.receive(socket, buffer)
      const descriptor = buffer.takeDescriptor()
      if (count > 0) items.push(...Buffer.from(buffer.bytes.subarray(0, count)).toString("latin1"))
      if (descriptor === undefined) return
      // The byte that carried it is the last one of the read.
      items[items.length - 1] = machine.process.inspect(descriptor).label
      descriptor.close()
    }
  }
}

const play = (seed: number): { readonly sent: number; readonly died: boolean } => {
  const machine = makeMachine({ seed, faults, socketBufferBytes: 4000, isBatching: seed % 2 === 0 })
  const random = new SeededRandom(seed)
  const [near, far] = machine.pair()
  const reader = makeReader(machine, far)
  const attempted: Array<string> = []
  const told = new Map<string, Array<number>>()
  const closesAt = random.chance(0.2) ? random.below(200) : -1
  let calls = 0
  const act = (channel: Channel): void => {
    if (++calls === closesAt) channel.close()
    if (channel.isClosed) return
    if (random.chance(0.6)) {
      const text = String.fromCharCode(97 + random.below(26)).repeat(1 + random.below(random.chance(0.1) ? 1500 : 60))
      if (channel.send(bytesOf(text))) attempted.push(...text)
      expect(channel.pendingBytes).toBeLessThanOrEqual(3000 + 200)
    } else {
      // The callback of a descriptor that was gathered before may send something: that comes first.
      channel.flush()
      const label = `descriptor ${told.size}`
      const cargo = machine.process.open(label)
      told.set(label, [])
      const slot = attempted.push(label) - 1
      channel.sendDescriptor(cargo, (outcome) => {
        told.get(label)?.push(outcome)
        // Not sent: the order of the others must hold without it.
        if (outcome < 0) attempted[slot] = ""
        cargo.close()
        if (random.chance(0.3)) act(channel)
      })
    }
  }
  const notes = new Notes({
    onReceive: (_, descriptor) => {
      descriptor?.close()
      if (random.chance(0.2)) channel.pause()
      act(channel)
    },
    onDrained: () => act(channel),
    onEnd: () => random.chance(0.5) && channel.close()
  })
  const opened = openOrSkip(machine, near, notes)
  if (opened === undefined) {
    far.close()
    machine.end()
    return { sent: 0, died: true }
  }
  const channel: Channel = opened
  const deathTurn = random.chance(0.3) ? random.below(150) : -1
  for (let turn = 0; turn < 150 && far.isOwned; turn++) {
    if (random.chance(0.5)) act(channel)
    if (random.chance(0.5)) machine.process.calls.send(far, bytesOf("question"))
    if (random.chance(0.6)) reader.read()
    if (random.chance(0.3)) channel.resume()
    machine.turn()
    if (turn === deathTurn) far.close()
  }
  const died = !far.isOwned
  machine.kernel.pauseFaults()
  for (let turn = 0; turn < 300 && far.isOwned; turn++) {
    reader.read()
    machine.turn()
  }
  const isWhole = far.isOwned && channel.sendFailure === undefined && !channel.isClosed && !notes.events.some(isEnd)
  channel.close()
  if (far.isOwned) far.close()

  const expected = attempted.filter((each) => each !== "")
  expect(reader.items).toEqual(isWhole ? expected : expected.slice(0, reader.items.length))
  for (const [label, outcomes] of told) expect([label, outcomes.length]).toEqual([label, 1])
  expect(notes.events.filter(isEnd).length).toBeLessThanOrEqual(1)
  machine.end()
  return { sent: reader.items.length, died }
}

const isEnd = (event: string) => event.startsWith("end")

const openOrSkip = (machine: Machine, socket: Descriptor, notes: Notes): Channel | undefined => {
  try {
    return openChannel(machine.loop, socket, notes, 3000)
  } catch {
    // The first watch was the one that failed; the socket must be closed, which the end of the run sees.
    return undefined
  }
}

test(`order, bounds and ownership hold under ${runs} seeds of faults, deaths and closes in callbacks`, () => {
  let sent = 0
  let deaths = 0
  for (const seed of seeds) {
    try {
      const result = play(seed)
      sent += result.sent
      deaths += result.died ? 1 : 0
    } catch (error) {
      console.log(`replay: cd packages/reactor && CHANNEL_SEED=${seed} bun run test test/channel/Channel.seeds.test.ts`)
      throw error
    }
  }
  if (given !== undefined) return
  // The runs are worth something only if much arrived and some peers died.
  expect(sent).toBeGreaterThan(100_000)
  expect(deaths).toBeGreaterThan(50)
})
