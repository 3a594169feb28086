import type { Descriptor } from "@scached/fdpass"
import type { Request } from "@scached/protocol"
import type { ClientError } from "../ClientError.ts"
import type { Ending } from "./CacheConnection.ts"
import type { Place } from "./Place.ts"

/** A mistake in a program, of the caller's or of ours, that no caller is meant to handle. */
export class Defect {
  readonly _tag = "Defect"
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** How a call ends. What was found is its receiver's from then on. */
export type CallEnd = Ending | ClientError | Defect

/**
 * One request, from its start to its answer: it moves from the line to a place. The caller sets in
 * `ended` what to do at its end, which comes once, unless the call is taken back before; it may come while it is being asked.
 */
export abstract class Call {
  readonly request: Request.Request | Request.Inspection
  /** What is to be saved. */
  readonly cargo: Descriptor | undefined
  /** Where it is carried out; undefined while it waits, and when it is over. */
  place: Place | undefined = undefined

  constructor(request: Request.Request | Request.Inspection, cargo: Descriptor | undefined) {
    this.request = request
    this.cargo = cargo
  }

  abstract ended(end: CallEnd): void
}
