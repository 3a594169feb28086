import type { SystemCallsShape } from "@scached/fdpass"

/** Calls that open or name something, none of which a client's request is ever to bring about; `onCall` hears of each. */
export const forbidding = (calls: SystemCallsShape, onCall: (name: string) => void): Partial<SystemCallsShape> => {
  const forbid =
    <Arguments extends ReadonlyArray<unknown>, Result>(name: string, call: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      onCall(name)
      return call(...given)
    }
  return {
    socket: forbid("socket", calls.socket),
    datagramSocket: forbid("socket", calls.datagramSocket),
    socketPair: forbid("socketpair", calls.socketPair),
    connect: forbid("connect", calls.connect),
    bind: forbid("bind", calls.bind),
    listen: forbid("listen", calls.listen),
    identify: forbid("lstat", calls.identify),
    unlink: forbid("unlink", calls.unlink),
    changeMode: forbid("chmod", calls.changeMode)
  }
}
