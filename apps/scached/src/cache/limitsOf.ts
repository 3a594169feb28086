import type { StoreLimits } from "@scached/store"
import type { CacheSettings } from "../settings/CacheSettings.ts"

/** The limits of the store that the settings ask for. */
export const limitsOf = (settings: CacheSettings): StoreLimits => ({
  connectionsMax: settings.connectionsMax,
  connectionsPerEndpointMax: settings.connectionsPerEndpointMax,
  bindingsMax: settings.bindingsMax,
  bindingsPerDestinationMax: settings.bindingsPerDestinationMax,
  textBytesMax: settings.textBytesMax
})
