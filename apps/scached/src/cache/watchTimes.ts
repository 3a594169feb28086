/**
 * How the peers of cached connections are watched. Most connections are reused almost immediately; those cost one poll at hand-over and nothing
 * else. From 50 ms to 2 s of age they are polled in batches, four times a second. Older ones are registered with epoll, which costs about as much
 * as eight polls (add plus remove). Registering all of them from the start took a quarter of the throughput, with 10,000 cached and each asked
 * for again within a third of a second.
 */
export const watchTimes = { afterMillis: 50, looks: { everyMillis: 250, untilMillis: 2_000 } }
