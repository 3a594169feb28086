import { Parameter } from "@scached/postfix"

/** What smtp(8) asks the cache for. */
export const clientParameters = {
  ttlSeconds: Parameter.time({
    name: "smtp_connection_cache_time_limit",
    default: "2s",
    minSeconds: 1,
    about: "How long smtp(8) has a connection cached."
  }),
  isOnDemand: Parameter.boolean({
    name: "smtp_connection_cache_on_demand",
    default: "yes",
    about: "Whether smtp(8) caches connections while there is much mail for a destination."
  }),
  destinations: Parameter.text({
    name: "smtp_connection_cache_destinations",
    default: "",
    about: "Destinations whose connections smtp(8) always caches."
  })
} as const
