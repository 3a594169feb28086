import { Errno, type Outcome, type SystemCallsShape } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"

/**
 * What calls can fail with beside the faults that the simulated kernel knows, and how often compared with the others: what ends a
 * client or keeps everybody out must not happen so often that nothing else does.
 */
const oddErrnos = {
  accept: { errnos: ["ENOMEM", "ENOBUFS", "EPERM"], share: 0.25 },
  receive: { errnos: ["ENOMEM"], share: 0.1 },
  send: { errnos: ["ENOMEM"], share: 0.1 },
  sendDescriptor: { errnos: ["ENOMEM"], share: 0.25 },
  discardUnread: { errnos: ["ENOTCONN"], share: 1 },
  peerCredentials: { errnos: ["ENOBUFS"], share: 0.5 },
  peerGroups: { errnos: ["ENOMEM"], share: 1 },
  look: { errnos: ["EINTR", "ENOMEM"], share: 1 },
  epollModify: { errnos: ["ENOMEM"], share: 1 }
} as const satisfies {
  readonly [Call in keyof SystemCallsShape]?: {
    readonly errnos: ReadonlyArray<keyof typeof Errno>
    readonly share: number
  }
}

type OddCall = keyof typeof oddErrnos

/** Makes calls fail in ways for which the simulated kernel has no faults: nothing is done then, and only the error is told. */
export class OddFaults {
  /** How often each has happened, by keys such as `look.EINTR`. */
  readonly counts = new Map<string, number>()
  readonly #rate: number
  readonly #random: SimulatedSystemCalls.SeededRandom
  readonly #isOn: () => boolean

  constructor(rate: number, random: SimulatedSystemCalls.SeededRandom, isOn: () => boolean) {
    this.#rate = rate
    this.#random = random
    this.#isOn = isOn
  }

  /** Puts itself before a process's calls. */
  before(calls: SystemCallsShape): SystemCallsShape {
    if (this.#rate === 0) return calls
    return {
      ...calls,
      accept: this.#failing("accept", calls.accept),
      receive: this.#failing("receive", calls.receive),
      send: this.#failing("send", calls.send),
      sendDescriptor: this.#failing("sendDescriptor", calls.sendDescriptor),
      discardUnread: this.#failing("discardUnread", calls.discardUnread),
      peerCredentials: this.#failing("peerCredentials", calls.peerCredentials),
      peerGroups: this.#failing("peerGroups", calls.peerGroups),
      look: this.#failing("look", calls.look),
      epollModify: this.#failing("epollModify", calls.epollModify)
    } satisfies SystemCallsShape & Record<OddCall, unknown>
  }

  #failing<A extends ReadonlyArray<unknown>, R>(name: OddCall, call: (...args: A) => R): (...args: A) => R | Outcome {
    const { errnos, share } = oddErrnos[name]
    return (...args) => {
      if (!this.#isOn() || !this.#random.chance(this.#rate * share)) return call(...args)
      const errno = this.#random.pick<keyof typeof Errno>(errnos)
      const key = `${name}.${errno}`
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
      return -Errno[errno]
    }
  }
}
