/**
 * Random calls on the kernel and on the simulation side by side: whatever one answers, the other must answer too.
 */
import { expect, test } from "bun:test"
import type { Descriptor } from "../src/index.ts"
import { SeededRandom } from "../src/testing/index.ts"
import { closeAll, kernelMachine, type Machine, show, simulatedMachine } from "./support/machines.ts"

/** One seed alone, or more of them: FDPASS_SEED=17 bun run test Differential, FDPASS_SEEDS=3000 bun run test Differential */
const { FDPASS_SEED, FDPASS_SEEDS } = process.env
const firstSeed = Number(FDPASS_SEED ?? 1)
const seeds = Number(FDPASS_SEEDS ?? (FDPASS_SEED === undefined ? 150 : 1))
const stepsPerRun = 80
/** Above some 60 unread messages the kernel's own bookkeeping decides what is writable. */
const unreadMessagesMax = 40

/** The same calls with the same descriptors, by their place in the order of their making. */
class Run {
  readonly machine: Machine
  readonly held: Array<Descriptor> = []

  constructor(machine: Machine) {
    this.machine = machine
  }

  take(outcome: Descriptor | number): string | number {
    if (typeof outcome === "number") return show(outcome)
    this.held.push(outcome)
    return `new ${this.held.length - 1}`
  }

  step(random: SeededRandom): unknown {
    const { calls, directory } = this.machine
    const owned = this.held.flatMap((each, index) => (each.isOwned ? [index] : []))
    // The index is one of those just counted.
    const choose = (): Descriptor => this.held[random.pick(owned)] as Descriptor
    const kind = owned.length < 4 ? random.below(2) : random.below(16)
    const path = `${directory}/s${random.below(3)}`
    switch (kind) {
      case 0: {
        const pair = calls.socketPair()
        return typeof pair === "number" ? show(pair) : pair.map((each) => this.take(each))
      }
      case 1:
        return this.take(calls.socket())
      case 2:
        return show(calls.bind(choose(), path))
      case 3:
        return show(calls.listen(choose(), random.below(3)))
      case 4:
        return show(calls.connect(choose(), path))
      case 5:
        return this.take(calls.accept(choose()))
      case 6:
      case 7:
        return show(calls.send(choose(), Buffer.alloc(1 + random.below(100), random.below(256))))
      case 8:
      case 9:
        return this.passCargo(choose(), random.chance(0.2))
      case 10:
      case 11:
        return this.read(choose(), 1 + random.below(300))
      case 12:
        return random.chance(0.3) ? show(calls.unlink(path)) : choose().close()
      case 13:
        return random.chance(0.5) ? show(calls.peek(choose())) : show(calls.look(choose(), 0x2001))
      case 14:
        return this.look([choose(), choose(), choose()])
      default:
        return this.readiness(choose())
    }
  }

  /** Passes a fresh socket, so that no socket ever waits in its own queue: only the kernel's collector frees those. */
  passCargo(through: Descriptor, isPair: boolean): unknown {
    const { calls } = this.machine
    const cargo = calls.socketPair()
    if (typeof cargo === "number") return show(cargo)
    const [near, far] = cargo
    const outcome = isPair ? this.machine.sendDescriptors(through, [near, far]) : calls.sendDescriptor(through, near)
    near.close()
    this.held.push(far)
    return show(outcome)
  }

  read(from: Descriptor, bytesMax: number): unknown {
    const buffer = this.machine.calls.makeReceiveBuffer(512)
    const outcome = this.machine.calls.receive(from, buffer, bytesMax)
    const descriptor = buffer.takeDescriptor()
    if (descriptor !== undefined) this.held.push(descriptor)
    const bytes = buffer.bytes.toString("hex", 0, Math.max(0, outcome))
    return [show(outcome), bytes, descriptor !== undefined, buffer.surplus, buffer.truncated]
  }

  readiness(watched: Descriptor): unknown {
    const { calls } = this.machine
    const epoll = calls.epollCreate()
    if (typeof epoll === "number") return show(epoll)
    const batch = calls.makeReadinessBatch(1)
    const added = show(calls.epollAdd(epoll, watched, 0x2005, 3))
    const count = calls.epollWait(epoll, batch, 0)
    epoll.close()
    return [added, count, count > 0 ? batch.readiness(0) : 0]
  }

  look(several: ReadonlyArray<Descriptor>): unknown {
    const batch = this.machine.calls.makePollBatch(several.length)
    for (const [index, each] of several.entries()) batch.put(index, each, 0x2005)
    return [this.machine.calls.poll(batch, several.length), ...several.map((_, index) => batch.readiness(index))]
  }

  /** At the end everything is looked at once, and closed. */
  finish(): unknown {
    const rest = this.held.filter((each) => each.isOwned)
    const seen = rest.map((each) => [this.readiness(each), this.machine.calls.peerCredentials(each) !== undefined])
    closeAll(...rest)
    return seen
  }
}

test("the simulation answers random calls as the kernel does", () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const runs = [new Run(kernelMachine()), new Run(simulatedMachine())] as const
    const randoms = [new SeededRandom(seed), new SeededRandom(seed)] as const
    const before = runs.map((run) => run.machine.openCount())
    let messages = 0
    for (let step = 0; step < stepsPerRun && messages < unreadMessagesMax; step++) {
      const [real, simulated] = [runs[0].step(randoms[0]), runs[1].step(randoms[1])]
      if (!Bun.deepEquals(real, simulated)) {
        throw new Error(
          `step ${step}: kernel ${JSON.stringify(real)}, simulation ${JSON.stringify(simulated)}; ` +
            `FDPASS_SEED=${seed} bun run test Differential`
        )
      }
      if (typeof real === "number" && real > 0) messages++
    }
    expect(runs[1].finish()).toEqual(runs[0].finish())
    expect(runs.map((run) => run.machine.openCount())).toEqual(before)
    for (const run of runs) run.machine.dispose()
  }
}, 600_000)
