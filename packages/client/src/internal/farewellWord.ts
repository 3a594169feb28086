import { Farewell, type FarewellName, farewellNames } from "@scached/farewell"
import { OctetString } from "@scached/protocol"
import { Result } from "effect"
import { ArgumentInvalid } from "../ClientError.ts"

const isName = (found: unknown): found is FarewellName => farewellNames.some((name) => name === found)

/** The farewell as the request has it; throws `ArgumentInvalid` for what is none. */
export const farewellWord = (found: FarewellName | "none" | Uint8Array): OctetString.OctetString => {
  const isLiteral = found instanceof Uint8Array && found.length >= 1 && found.length <= Farewell.octetsMax
  if (isLiteral) return wordOf(Farewell.format({ protocol: "octets", octets: found }))
  if (found === "none" || isName(found)) return wordOf(found)
  const expected = `one of ${farewellNames.join(", ")}, none, or 1 to ${Farewell.octetsMax} octets`
  throw new ArgumentInvalid({ argument: "farewell", found, expected })
}

// Printable ASCII: it is never refused.
const wordOf = (word: string): OctetString.OctetString => Result.getOrThrow(OctetString.make(word))
