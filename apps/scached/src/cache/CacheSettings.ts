/** What the cache itself can be told. */
export interface CacheSettings {
  /** Longest time that anything stays in the cache, whatever the client asks for: connection_cache_ttl_limit. */
  readonly ttlSecondsMax: number
  /** How long a client may owe bytes inside an exchange: ipc_timeout. */
  readonly exchangeSecondsMax: number
  /** The server ends when no client was connected for that long; 0 is never: max_idle. */
  readonly idleSecondsMax: number
  /** Longest request, with all its attributes. */
  readonly requestBytesMax: number
}

/** The defaults of `scached serve`. */
export const defaultCacheSettings: CacheSettings = {
  ttlSecondsMax: 2,
  exchangeSecondsMax: 3_600,
  idleSecondsMax: 0,
  requestBytesMax: 65_536
}
