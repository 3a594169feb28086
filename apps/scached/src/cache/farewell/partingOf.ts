import { Farewell } from "@scached/farewell"
import type { OctetString } from "@scached/protocol"
import { Result } from "effect"
import type { Parting } from "../CachedDescriptor.ts"

/**
 * What a client wants to be said on the connection that it saves, whatever the rules say; or why it is ignored, in words. `mayChoose` says
 * whether the client may choose octets, and not only a protocol.
 */
export const partingOf = (word: OctetString.OctetString, mayChoose: () => boolean): Result.Result<Parting, string> => {
  const farewell = Farewell.parse(word)
  if (Result.isFailure(farewell)) return Result.fail("is none, and is ignored")
  if (farewell.success?.protocol === "octets" && !mayChoose()) {
    return Result.fail("is ignored: only root and the user that scached runs as may choose octets for a UNIX socket")
  }
  return Result.succeed(farewell.success ?? "silent")
}
