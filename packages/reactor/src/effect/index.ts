/**
 * Connections and listeners as scoped resources of Effect. A program that handles a `Channel` itself leaves this door shut.
 */
export * as Connection from "./Connection.ts"
export * as Listener from "./Listener.ts"
