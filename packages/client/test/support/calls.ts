import { Effect, Exit, Option } from "effect"
import type { CacheClientShape } from "../../src/CacheClient.ts"
import type { Machine } from "./Machine.ts"
import { octets, ttl } from "./octets.ts"

export const label = octets("smtp\n[192.0.2.1]:25")
export const properties = octets("ehlo: PIPELINING")

export const save = (client: CacheClientShape, machine: Machine, name: string) => {
  const descriptor = machine.cargo(name)
  return Effect.as(client.saveEndpoint({ label, properties, ttlSeconds: ttl(60), descriptor }), descriptor)
}

/** The label of what is found, and closes it. */
export const find = (client: CacheClientShape, machine: Machine) =>
  Effect.scoped(
    Effect.map(
      client.findEndpoint(label),
      Option.map(({ descriptor }) => machine.labelOf(descriptor))
    )
  )

export const failureOf = <A, E>(exit: Exit.Exit<A, E>): E => {
  const error = Exit.findErrorOption(exit)
  if (Option.isNone(error)) throw new Error(`no failure: ${exit}`)
  return error.value
}
