/**
 * Bugs in the outcomes of calls that are made together.
 */
import { Errno, type Outcome } from "@scached/fdpass"
import { EventLoop } from "@scached/reactor"
import { type PlantedBug, patch } from "./planting.ts"

/** Has each sender get another outcome than that of its call in the batch. */
const misreport = (change: (outcome: Outcome) => Outcome) =>
  patch(
    EventLoop.prototype,
    "gather",
    (original) =>
      function (this: EventLoop, sender) {
        return original.call(this, {
          sendGathered: () => sender.sendGathered(),
          putGathered: (batch) => sender.putGathered(batch),
          onSent: (outcome) => sender.onSent(change(outcome))
        })
      }
  )

export const plantedBatchBugs: ReadonlyArray<PlantedBug> = [
  {
    name: "what a batch could not send counts as sent",
    found: /must have sent|not disconnected although|disconnected without a reason/,
    plant: () => misreport((outcome) => Math.max(outcome, 1))
  },
  {
    name: "a failure within a batch is taken for a wait",
    found: /not disconnected although/,
    plant: () => misreport((outcome) => (outcome < 0 ? -Errno.EAGAIN : outcome))
  }
]
