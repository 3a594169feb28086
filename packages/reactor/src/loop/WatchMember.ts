import type { Descriptor } from "@scached/fdpass"
import type { ReadinessHandler } from "./ReadinessHandler.ts"

/**
 * What is watched and keeps its own place in the loop: for those of which there are many, since a `Watch` for each is 64 bytes more.
 *
 * @category models
 */
export interface WatchMember extends ReadinessHandler {
  readonly descriptor: Descriptor
  /** Kept by the loop: its place there, 0 while it is not watched. */
  token: number
}
