/**
 * The parameters of main.cf and `-o` that Postfix does not have: the cache's own limits, who may connect, what is watched.
 */
import { Parameter } from "@scached/postfix"

const { choice, integer, text, time } = Parameter

/** By the names that the program has for them. All begin with `scached_`, which no parameter of Postfix does. */
export const cacheParameters = {
  connectionLimit: integer({
    name: "scached_connection_limit",
    default: "0",
    min: 0,
    about: "How many connections may be cached; 0: as many as the limit on descriptors allows."
  }),
  endpointConnectionLimit: integer({
    name: "scached_endpoint_connection_limit",
    default: "1000",
    min: 1,
    about: "How many connections of one endpoint may be cached."
  }),
  bindingLimit: integer({
    name: "scached_binding_limit",
    default: "100000",
    min: 1,
    about: "How many bindings of destinations to endpoints may be kept."
  }),
  destinationBindingLimit: integer({
    name: "scached_destination_binding_limit",
    default: "256",
    min: 1,
    about: "How many bindings one destination may have."
  }),
  textLimit: integer({
    name: "scached_text_limit",
    default: "67108864",
    min: 65_536,
    about: "How many bytes all labels and properties may have together."
  }),
  clientLimit: integer({
    name: "scached_client_limit",
    default: "0",
    min: 0,
    about: "How many clients are served at a time; 0: as many as the limit on descriptors allows."
  }),
  requestLimit: integer({
    name: "scached_request_limit",
    default: "65536",
    min: 1_024,
    max: 1_048_576,
    about: "How many bytes a request may have."
  }),
  outputLimit: integer({
    name: "scached_output_limit",
    default: "262144",
    min: 4_096,
    about: "How many bytes may wait for a client that does not read; never less than twice scached_request_limit."
  }),
  exchangeSeconds: time({
    name: "scached_exchange_timeout",
    default: "60s",
    minSeconds: 1,
    about: "How long a client may owe bytes in the middle of an exchange, or the reading of its answers."
  }),
  watch: choice({
    name: "scached_watch",
    default: "data",
    choices: ["data", "hangup", "off"],
    about: "What of its peer ends a connection's stay in the cache."
  }),
  batching: choice({
    name: "scached_io_uring",
    default: "auto",
    choices: ["auto", "always", "never"],
    about: "Whether io_uring makes many system calls in one go; auto: where a system call takes long."
  }),
  warningLimit: integer({
    name: "scached_warning_limit",
    default: "20",
    min: 1,
    about: "How many warnings a second are logged."
  }),
  allowedUsers: text({
    name: "scached_allow_users",
    default: "",
    about: "Users that may connect besides root and the user that the daemon runs as."
  }),
  allowedGroups: text({ name: "scached_allow_groups", default: "", about: "Groups whose members may connect." })
} as const

/** The values of all of them. */
export type CacheValues = Parameter.Values<typeof cacheParameters>
