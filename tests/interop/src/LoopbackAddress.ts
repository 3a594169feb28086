import { Effect } from "effect"
import { LabFailure } from "./LabFailure.ts"

/**
 * Ports of a laboratory, below the range that the kernel takes ports of outgoing connections from: none of those can be in the way.
 *
 * @category addresses
 */
export const labPorts = { smtpd: 10025, sink: 10026 } as const

const addressesPerProcess = 64
const hostsMax = 2 ** 24 - 2

let taken = 0

const isFree = (address: string): boolean => {
  try {
    for (const port of Object.values(labPorts)) {
      Bun.listen({ hostname: address, port, socket: { data: () => undefined } }).stop(true)
    }
    return true
  } catch {
    return false
  }
}

/**
 * A loopback address on which the ports of a laboratory are free and stay so.
 *
 * To look for a free port and use it later is a race. All of 127.0.0.0/8 is ours, so that each laboratory gets an address of its own
 * instead, made of the process id and a counter, with fixed ports on it.
 *
 * @category addresses
 */
export const next: Effect.Effect<string, LabFailure> = Effect.suspend(() => {
  for (let attempt = 0; attempt < addressesPerProcess; attempt += 1) {
    const host = 1 + ((process.pid * addressesPerProcess + (taken % addressesPerProcess)) % hostsMax)
    taken += 1
    const address = `127.${host >>> 16}.${(host >>> 8) & 255}.${host & 255}`
    if (isFree(address)) return Effect.succeed(address)
  }
  return Effect.fail(
    new LabFailure({
      attempt: "find a loopback address with free ports",
      found: `${addressesPerProcess} addresses in 127.0.0.0/8 were busy: end the laboratories that still run`
    })
  )
})
