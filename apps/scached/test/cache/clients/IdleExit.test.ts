/** max_idle, and clients that come at that very moment. */
import { expect, test } from "bun:test"
import { Stage } from "../../simulation/Stage.ts"

const idle = { idleSecondsMax: 60 }

test("a client that came in the turn in which the time is over is served", () => {
  const stage = new Stage({ settings: idle })
  stage.politely(0, (polite) => polite.client.sleep(10_000))
  const late = stage.machine.client("late")
  stage.machine.run(() => {
    // Armed before the last client has left, and so before the time of 70 s that its leaving begins.
    stage.machine.loop?.at(70_000, () => {
      late.connectAtOnce()
      late.run(late.sleep(1_000))
    })
  })
  expect(late.conversation.acceptedAtMillis).toBe(70_000)
})

test("a client that waits while there are no descriptors is not forgotten", () => {
  const faults = Array.from({ length: 30 }, (_, index) => ({
    call: "accept" as const,
    nth: index + 1,
    fault: "processTableFull" as const,
    process: "scached"
  }))
  const stage = new Stage({ settings: idle, faults })
  const waiting = stage.politely(59_000, (polite) => polite.client.sleep(10_000))
  stage.run()
  expect(waiting.isFinished).toBe(true)
  expect(waiting.conversation.acceptedAtMillis).toBeGreaterThan(60_000)
})

test("who has come between the decision to leave and the end is served to the end, and the daemon then leaves", () => {
  const stage = new Stage({ settings: idle })
  const late = stage.machine.client("late")
  stage.machine.onIdle = () => {
    late.connectAtOnce()
    late.run(late.sleep(5_000))
  }
  expect(stage.machine.run()).toBe(false)
  expect(late.isFinished).toBe(true)
  expect(stage.machine.kernel.nowMillis).toBe(65_000)
})
