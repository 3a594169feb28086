/**
 * The parameters that Postfix does not have, for main.cf and `-o`: the cache's own limits, access control, and the watch of far ends.
 *
 * This table is the one place that describes a parameter. The parsers, `--help`, the entries of man/scached.8, the table of docs/limits.md, the
 * log line of a limit that is reached, and the words of the statistics are made from it.
 */
import { Parameter } from "@scached/postfix"

/** The words for a limit in the log and the statistics. */
export interface LimitWords {
  /** Its name in `CacheSettings`. */
  readonly kind: string
  /** The log line when it is reached. */
  readonly notice: (limit: number | string) => string
  /** Its word in the statistics line `limits reached`. */
  readonly counter: string
}

/** A row of the table in docs/limits.md. */
export interface LimitRow {
  readonly what: string
  readonly whenReached: string
  /** Counters that show it, besides `limits reached`. */
  readonly counters?: string
  /** Follows the parameter's name. */
  readonly parameterNote?: string
  /** Follows the default. */
  readonly defaultNote?: string
}

interface Words {
  /** Further sentences for the manual page, with `**bold**` and `*italic*`. */
  readonly details?: string
  readonly limit?: LimitWords
  readonly row?: LimitRow
  /** A change takes effect with the next start. */
  readonly needsRestart?: true
}

const withWords = <P extends Parameter.Parameter, const W extends Words>(parameter: P, words: W): P & W => ({
  ...parameter,
  ...words
})

const { boolean, choice, integer, text, time } = Parameter

/** By the names that the program has for them. All begin with `scached_`, which no parameter of Postfix does. */
export const cacheParameters = {
  connectionLimit: withWords(
    integer({
      name: "scached_connection_limit",
      default: "0",
      min: 0,
      about: "Maximum number of cached connections; 0: as many as RLIMIT_NOFILE allows."
    }),
    {
      details: "See LIMITS.",
      limit: {
        kind: "connectionsMax",
        counter: "connections",
        notice: (limit) =>
          `the cache is full: ${limit} connections (scached_connection_limit); evicting from the endpoint that has the most`
      },
      row: {
        what: "connections cached",
        defaultNote: ": [derived](#descriptors)",
        whenReached: "[a connection is evicted](#who-makes-room)",
        counters: "`made room connections`, `refused`"
      }
    }
  ),
  endpointConnectionLimit: withWords(
    integer({
      name: "scached_endpoint_connection_limit",
      default: "1000",
      min: 1,
      about: "Maximum number of cached connections of one endpoint."
    }),
    {
      limit: {
        kind: "connectionsPerEndpointMax",
        counter: "endpoint-connections",
        notice: (limit) =>
          `an endpoint is full: ${limit} connections (scached_endpoint_connection_limit); evicting its connection that expires first`
      },
      row: {
        what: "connections of one endpoint",
        whenReached: "its connection that expires first is closed",
        counters: "`made room connections`"
      }
    }
  ),
  bindingLimit: withWords(
    integer({
      name: "scached_binding_limit",
      default: "100000",
      min: 1,
      about: "Maximum number of bindings of destinations to endpoints."
    }),
    {
      limit: {
        kind: "bindingsMax",
        counter: "bindings",
        notice: (limit) =>
          `the cache is full: ${limit} bindings (scached_binding_limit); evicting from the destination that has the most`
      },
      row: {
        what: "bindings kept",
        whenReached: "a binding is evicted",
        counters: "`made room bindings`, `refused`"
      }
    }
  ),
  destinationBindingLimit: withWords(
    // A destination has a binding for each address of its mail exchangers. A search may walk them all in vain: some 15 µs for these.
    integer({
      name: "scached_destination_binding_limit",
      default: "256",
      min: 1,
      about: "Maximum number of bindings of one destination."
    }),
    {
      limit: {
        kind: "bindingsPerDestinationMax",
        counter: "destination-bindings",
        notice: (limit) =>
          `a destination is full: ${limit} bindings (scached_destination_binding_limit); evicting its binding that expires first`
      },
      row: {
        what: "bindings of one destination",
        whenReached: "its binding that expires first is dropped",
        counters: "`made room bindings`"
      }
    }
  ),
  textLimit: withWords(
    integer({
      name: "scached_text_limit",
      default: "67108864",
      min: 65_536,
      about: "Maximum size of all labels and properties together, in bytes."
    }),
    {
      limit: {
        kind: "textBytesMax",
        counter: "text",
        notice: (limit) =>
          `the cache is full: ${limit} bytes of labels and properties (scached_text_limit); evicting from the label that uses the most`
      },
      row: {
        what: "bytes of all labels and properties",
        whenReached: "a connection or a binding is evicted",
        counters: "`made room`, `refused`"
      }
    }
  ),
  clientLimit: withWords(
    integer({
      name: "scached_client_limit",
      default: "0",
      min: 0,
      about: "Maximum number of connected clients; 0: as many as RLIMIT_NOFILE allows."
    }),
    {
      details: "Further clients wait until one leaves. See LIMITS.",
      limit: {
        kind: "clientsMax",
        counter: "clients",
        notice: (limit) => `${limit} clients are connected (scached_client_limit); new clients wait until one leaves`
      },
      row: {
        what: "clients at a time",
        defaultNote: ": derived",
        whenReached: "a new client waits in the backlog until one leaves"
      }
    }
  ),
  requestLimit: withWords(
    integer({
      name: "scached_request_limit",
      default: "65536",
      min: 1_024,
      max: 1_048_576,
      about: "Maximum size of one request, in bytes."
    }),
    {
      limit: {
        kind: "requestBytesMax",
        counter: "request",
        notice: (limit) => `a client sent a request of more than ${limit} bytes (scached_request_limit)`
      },
      row: { what: "bytes a request", whenReached: "status 1, one line in the log, disconnected" }
    }
  ),
  outputLimit: withWords(
    integer({
      name: "scached_output_limit",
      default: "262144",
      min: 4_096,
      about: "Maximum number of bytes that wait for a client that does not read its answers."
    }),
    {
      details:
        "Never less than twice **scached_request_limit**. While so much waits, nothing more is read from that client.",
      limit: {
        kind: "outputBytesMax",
        counter: "output",
        notice: (limit) =>
          `a client was disconnected because its answer is longer than ${limit} bytes (scached_output_limit)`
      },
      row: {
        what: "bytes that wait for a client",
        defaultNote: ", at least twice `scached_request_limit`",
        whenReached:
          "nothing more is read from it, which is ordinary; an answer that is longer by itself ends its client"
      }
    }
  ),
  exchangeSeconds: withWords(
    time({
      name: "scached_exchange_timeout",
      default: "60s",
      minSeconds: 1,
      about: "A client that owes bytes, or does not read its answers, is disconnected after this time."
    }),
    {
      row: {
        what: "time in which a client owes something",
        parameterNote: ", `ipc_timeout`: the shorter one",
        defaultNote: ", 3600s",
        whenReached:
          "its pending input is read first; if it still owes the same bytes, it is disconnected, and a connection that it had found goes back",
        counters: "`clients timeouts`"
      }
    }
  ),
  watch: withWords(
    choice({
      name: "scached_watch",
      default: "data",
      choices: ["data", "hangup", "off"],
      about: "Which events remove a connection from the cache: data or hangup of its peer, or off."
    }),
    {
      details:
        "**data**: the peer closes or sends anything. **hangup**: the peer closes, for protocols in which a server may speak unasked. **off**: nothing."
    }
  ),
  isGreeting: withWords(
    boolean({
      name: "scached_greeting",
      default: "yes",
      about: "Whether clients are greeted, as Postfix 3.6 and later expect: yes or no."
    }),
    {
      details:
        "**no** is for the clients of Postfix 3.5 and earlier, which take a greeting for a malformed answer and then deliver without a cache. A change applies to new clients."
    }
  ),
  farewells: withWords(
    text({
      name: "scached_farewell",
      default: "",
      about:
        "The farewell written to a cached connection before it is closed, by service or beginning of the label; empty: none."
    }),
    {
      details:
        "Rules separated by commas or white space; the first that matches applies: **smtp**, **relay=smtp**, **mail-*=imap**. See FAREWELL."
    }
  ),
  farewellSeconds: withWords(
    time({
      name: "scached_farewell_timeout",
      default: "5s",
      minSeconds: 0,
      about: "How long a server may take to close a connection after a farewell; 0: it is closed at once."
    }),
    {
      row: {
        what: "time in which a server closes after a farewell",
        whenReached: "the connection is closed",
        counters: "`farewells ... late`"
      }
    }
  ),
  batching: withWords(
    choice({
      name: "scached_io_uring",
      default: "auto",
      choices: ["auto", "always", "never"],
      about: "Whether system calls are batched: auto, always or never."
    }),
    {
      details:
        "io_uring(7) batches the system calls that many clients need at the same time. **auto**: if a system call takes 0.2 microseconds or more, as on some virtual machines. **always**: wherever the kernel and its administrator allow io_uring.",
      needsRestart: true
    }
  ),
  warningLimit: withWords(
    integer({
      name: "scached_warning_limit",
      default: "20",
      min: 1,
      about: "Maximum number of warnings logged per second."
    }),
    {
      details: "Further warnings are counted, and the count is logged.",
      row: {
        what: "warnings a second",
        whenReached: "further warnings are counted, and the count is logged",
        counters: "the line that logs the count"
      }
    }
  ),
  logLines: withWords(
    choice({
      name: "scached_log_lines",
      default: "auto",
      choices: ["auto", "all", "scache"],
      about: "Which lines are logged besides problems: auto, all, or only those of scache."
    }),
    {
      details:
        "**all**: also the line at the start, the one at the end, and the lines that begin with `counters:`. **scache**: only the statistics of scache(8), which tools that read mail logs know. **auto**: **scache** where the command's name in master.cf is scache, **all** otherwise. Problems, and what **-v** and SIGUSR1 ask for, are logged in any case."
    }
  ),
  allowedUsers: withWords(
    text({
      name: "scached_allow_users",
      default: "",
      about: "Users that may connect besides root and the user that the daemon runs as."
    }),
    { details: "By name or number, separated by commas or white space." }
  ),
  allowedGroups: withWords(
    text({ name: "scached_allow_groups", default: "", about: "Groups whose members may connect." }),
    { details: "By name or number, separated by commas or white space." }
  )
} as const

/** The values of all parameters. */
export type CacheValues = Parameter.Values<typeof cacheParameters>

type KindOf<P> = P extends { readonly limit: { readonly kind: infer Kind } } ? Kind : never

/** A limit that can be reached, by its name in `CacheSettings`. */
export type LimitKind = KindOf<(typeof cacheParameters)[keyof typeof cacheParameters]>

/** All parameters in the order of the table. */
export const cacheParameterList: ReadonlyArray<Parameter.Parameter & Words> = Object.values(cacheParameters)

/** The limits that can be reached: their parameters, and their names in `CacheSettings`. */
export const limitParameters: ReadonlyArray<{ readonly name: string; readonly kind: LimitKind }> =
  cacheParameterList.flatMap(({ limit, name }) =>
    // The cast cannot lie: the type is derived from the table.
    limit === undefined ? [] : [{ name, kind: limit.kind as LimitKind }]
  )

const limits = new Map(cacheParameterList.flatMap(({ limit }) => (limit === undefined ? [] : [[limit.kind, limit]])))

/** The words for a limit. */
export const wordsOfLimit = (kind: LimitKind): LimitWords => {
  const words = limits.get(kind)
  // This cannot happen: the type is derived from the table.
  if (words === undefined) throw new TypeError(kind)
  return words
}
