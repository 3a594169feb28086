/** What the tests of the simulation have in common. */
import { expect } from "bun:test"
import type { Descriptor } from "../../src/index.ts"
import * as Simulated from "../../src/testing/index.ts"
import { must } from "./machines.ts"

export const makeKernel = (options: Partial<Simulated.KernelOptions> = {}) =>
  new Simulated.SimulatedKernel({ seed: 42, ...options })

/** A listener of `server` at /run/server. */
export const listen = (server: Simulated.SimulatedProcess, backlog = 4): Descriptor => {
  const listener = must(server.calls.socket())
  expect(server.calls.bind(listener, "/run/server")).toBe(0)
  expect(server.calls.listen(listener, backlog)).toBe(0)
  return listener
}

export const connect = (client: Simulated.SimulatedProcess): Descriptor => {
  const socket = must(client.calls.socket())
  expect(client.calls.connect(socket, "/run/server")).toBe(0)
  return socket
}
