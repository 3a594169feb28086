import type { FarewellRules } from "@scached/farewell"
import type { Batching } from "@scached/fdpass"
import type { StoreLimits } from "@scached/store"
import type { Access } from "./Access.ts"

/**
 * What of a cached connection's peer ends its stay: `data` its leaving and any byte that it sends unasked, `hangup` its leaving alone,
 * `off` nothing.
 */
export type WatchMode = "data" | "hangup" | "off"

/** What the cache itself can be told. */
export interface CacheSettings extends StoreLimits {
  /** Longest time that anything stays in the cache, whatever the client asks for: connection_cache_ttl_limit. */
  readonly ttlSecondsMax: number
  /** How long a client may owe bytes inside an exchange, or the reading of its answers: scached_exchange_timeout, ipc_timeout. */
  readonly exchangeSecondsMax: number
  /** The server ends when no client was connected for that long; 0 is never: max_idle. */
  readonly idleSecondsMax: number
  /** Longest request, with all its attributes: scached_request_limit. */
  readonly requestBytesMax: number
  /** Bytes that may wait for a client which does not read: scached_output_limit. Meanwhile nothing is read from it. */
  readonly outputBytesMax: number
  /** Clients that are served at a time; further clients wait in the backlog: scached_client_limit. */
  readonly clientsMax: number
  /** Whether new clients are greeted: scached_greeting. */
  readonly isGreeting: boolean
  /** scached_watch. */
  readonly watch: WatchMode
  /** What is said to whom before a connection is closed: scached_farewell. */
  readonly farewells: FarewellRules.FarewellRules
  /** How long a far end has for closing after that: scached_farewell_timeout. */
  readonly farewellSecondsMax: number
  /** Whether system calls are made together, which is decided when the cache begins: scached_io_uring. */
  readonly batching: Batching
  /** How many descriptors the process may have: RLIMIT_NOFILE. */
  readonly descriptorsMax: number
  /** Who may connect; without it everybody who gets to the socket. */
  readonly access: Access | undefined
  /** Who may look into the cache: root, and the user that the daemon runs as. */
  readonly insiders: Access
  /** Whether the log has lines that scache(8) has not, besides problems and what was asked for: scached_log_lines. */
  readonly hasOwnLines: boolean
  /** Warnings a second, for all clients together: scached_warning_limit. */
  readonly warningsPerSecondMax: number
}

/** The settings in force. A change replaces them as a whole; what runs reads `current` whenever it needs one. */
export interface SettingsInForce {
  readonly current: CacheSettings
}

/**
 * Descriptors of the process itself: standard descriptors, epoll sets, the ring, listening sockets, the log, those of Bun's runtime, and the
 * reserve (8), 22 in all. The rest is for what one message brings besides its first descriptor.
 */
export const ownDescriptors = 64

/** Descriptors that a client needs: its socket, and at times one on its way to the cache. */
export const perClient = 2
