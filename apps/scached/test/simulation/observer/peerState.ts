import { isConnection, Readiness, SocketKind } from "@scached/fdpass"
import type * as SimulatedSystemCalls from "@scached/fdpass/testing"
import type { PeerState } from "../model/ModelConnection.ts"

const noSocket: PeerState = { hasBytes: false, isOver: false, isUnusable: false, isWatchable: false }

/** What the socket behind a number of a process tells of its peer; of what is no socket, nothing. */
export const peerStateOf = (process: SimulatedSystemCalls.SimulatedProcess, number: number): PeerState => {
  const file = process.fileOf(number)
  if (file?.kind !== "socket") return noSocket
  const kind = "socketKind" in file ? Number(file.socketKind) : SocketKind.unixStream
  // What must not be polled is not even asked here.
  const found = kind === SocketKind.unknown ? 0 : file.poll()
  return {
    hasBytes: "waitingBytes" in file && Number(file.waitingBytes) > 0,
    isOver: (found & (Readiness.error | Readiness.hangUp | Readiness.peerClosed)) !== 0,
    isUnusable: (found & Readiness.writable) === 0 || ("canSend" in file && file.canSend === false),
    isWatchable: isConnection(kind)
  }
}
