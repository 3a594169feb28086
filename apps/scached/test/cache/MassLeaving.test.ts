/**
 * Peers of many cached connections that leave together: the closes are spread over turns, each descriptor is closed once, and no client waits.
 * The machine checks at the end of every run that each connection has ended once, and that nothing is left open.
 */
import { expect, test } from "bun:test"
import type { ScriptedFault } from "@scached/fdpass/testing"
import { EventLoop } from "@scached/reactor"
import * as Message from "../simulation/client/Message.ts"
import { Stage, type StageOptions } from "../simulation/Stage.ts"

const many = 1_000

/** A stage on which the peers of a thousand cached connections leave at 5 s, and the most closes that were under way. */
const leaving = (options: StageOptions = {}) => {
  const stage = new Stage(options)
  const seen = { most: 0 }
  for (let saver = 0; saver < 10; saver++) {
    stage.politely(0, function* (polite) {
      for (let index = 0; index < many / 10; index++) {
        const cargo = stage.machine.connection(polite.client, "nothing")
        yield* polite.ask(Message.saveEndpoint(100, `label ${saver}`, `${index}`), cargo)
        cargo.close()
      }
    })
  }
  stage.machine.at(5_000, () => stage.machine.endPeers())
  const original = EventLoop.prototype.deferClose
  const run = () => {
    EventLoop.prototype.deferClose = function (descriptor, onClosed) {
      original.call(this, descriptor, onClosed)
      seen.most = Math.max(seen.most, this.closesUnderWay)
    }
    try {
      if (options.callMillis === undefined) stage.run()
      else stage.machine.run()
    } finally {
      EventLoop.prototype.deferClose = original
    }
  }
  return { stage, seen, run }
}

test("a client that comes meanwhile does not wait", () => {
  const { run, seen, stage } = leaving()
  stage.politely(5_000, function* (polite) {
    for (let left = 20; left > 0; left--) yield* polite.ask(Message.findEndpoint("elsewhere"))
  })
  run()
  expect(stage.machine.observer.model.counts.dead).toBe(many)
  expect(seen.most).toBeGreaterThan(100)
  expect(stage.machine.daemon.callCount("letGo")).toBe(many)
})

test("young ones too, which are looked at", () => {
  const { run, seen, stage } = leaving()
  stage.machine.at(600, () => stage.machine.endPeers())
  run()
  expect(stage.machine.observer.model.counts.dead).toBe(many)
  expect(seen.most).toBeGreaterThan(100)
})

test("an interruption in the middle closes those that wait, once", () => {
  const { run, stage } = leaving({ callMillis: 0.01, endMillis: 5_005 })
  let waiting = 0
  stage.machine.at(5_004, () => {
    waiting = stage.machine.loop?.closesUnderWay ?? 0
  })
  run()
  expect(waiting).toBeGreaterThan(0)
  expect(stage.machine.observer.model.counts.dead).toBe(many)
  expect(stage.machine.inUse).toBe(1)
})

const interruptions: ReadonlyArray<ScriptedFault> = Array.from({ length: 200 }, (_, index) => ({
  call: "epollWait",
  nth: 3 * index + 40,
  fault: "interrupted"
}))

test("waits that are interrupted lose none", () => {
  const { run, stage } = leaving({ faults: interruptions })
  run()
  expect(stage.machine.observer.model.counts.dead).toBe(many)
})
