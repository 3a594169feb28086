import { Farewell, type InvalidFarewell } from "@scached/farewell"
import type { OctetString } from "@scached/protocol"
import { Result } from "effect"
import type { Parting } from "../CachedDescriptor.ts"

/** What a client wants to be said on the connection that it saves, whatever the rules say. */
export const partingOf = (word: OctetString.OctetString): Result.Result<Parting, InvalidFarewell> =>
  Farewell.parse(word).pipe(Result.map((farewell) => farewell ?? "silent"))
