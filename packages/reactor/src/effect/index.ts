/**
 * Connections and listeners as scoped resources of Effect. A program that handles a `Channel` itself leaves this door shut.
 */
export * as Connections from "./Connection.ts"
export * as Listeners from "./Listener.ts"
