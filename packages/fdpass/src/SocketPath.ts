import { Result, Schema } from "effect"

/**
 * Longest path that the address of a UNIX socket holds, in bytes: 108 less the NUL that ends it.
 *
 * @category sockets
 */
export const socketPathBytesMax = 107

/**
 * A path does not fit into the address of a UNIX socket, is empty, or holds a NUL byte.
 *
 * @category errors
 */
export class SocketPathInvalid extends Schema.TaggedError<SocketPathInvalid>()("SocketPathInvalid", {
  path: Schema.String,
  bytes: Schema.Number
}) {
  override get message(): string {
    if (this.bytes === 0) return "the path of the socket is empty"
    if (this.path.includes("\0")) return "the path of the socket holds a NUL byte, which ends it for the kernel"
    return (
      `the path of the socket is ${this.bytes} bytes long, a UNIX socket takes at most ${socketPathBytesMax}: ` +
      `choose a shorter one than ${this.path}`
    )
  }
}

/**
 * Checks that a path can be the address of a UNIX socket.
 *
 * @category sockets
 */
export const checkSocketPath = (path: string): Result.Result<void, SocketPathInvalid> => {
  const bytes = Buffer.byteLength(path)
  if (bytes > 0 && bytes <= socketPathBytesMax && !path.includes("\0")) return Result.void
  return Result.fail(new SocketPathInvalid({ path, bytes }))
}
