import { Readiness } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { PeerState } from "../model/ModelConnection.ts"

const quiet: PeerState = { hasBytes: false, isOver: false }

/** What the socket behind a number of a process tells of its peer; of what is no socket, nothing. */
export const peerStateOf = (process: SimulatedSystemCalls.SimulatedProcess, number: number): PeerState => {
  const file = process.fileOf(number)
  if (file?.kind !== "socket" || !("waitingBytes" in file)) return quiet
  const isOver = (file.poll() & (Readiness.error | Readiness.hangUp | Readiness.peerClosed)) !== 0
  return { hasBytes: Number(file.waitingBytes) > 0, isOver }
}
