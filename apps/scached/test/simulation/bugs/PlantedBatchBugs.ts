/**
 * Bugs in what comes of calls that are made together.
 */
import { Errno } from "@scached/fdpass"
import { Channel } from "@scached/reactor"
import { type PlantedBug, patch } from "./planting.ts"

export const plantedBatchBugs: ReadonlyArray<PlantedBug> = [
  {
    name: "what a batch could not send counts as sent",
    found: /must have sent|not disconnected although|disconnected without a reason/,
    plant: () =>
      patch(
        Channel.prototype,
        "onSent",
        (original) =>
          function (this: Channel, outcome) {
            original.call(this, Math.max(outcome, 1))
          }
      )
  },
  {
    name: "a failure within a batch is taken for a wait",
    found: /not disconnected although/,
    plant: () =>
      patch(
        Channel.prototype,
        "onSent",
        (original) =>
          function (this: Channel, outcome) {
            original.call(this, outcome < 0 ? -Errno.EAGAIN : outcome)
          }
      )
  }
]
