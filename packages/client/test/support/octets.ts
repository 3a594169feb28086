import { OctetString, TtlSeconds } from "@scached/protocol"
import { Result } from "effect"

export const octets = (text: string): OctetString.OctetString => Result.getOrThrow(OctetString.fromUtf8(text))
export const ttl = (seconds: number): TtlSeconds.TtlSeconds => Result.getOrThrow(TtlSeconds.make(seconds))
