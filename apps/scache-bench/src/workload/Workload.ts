import { Schema } from "effect"

/** How often which label is drawn: all alike, or the first ones more often, the n-th with a weight of 1/n^exponent. */
export type Popularity = { readonly _tag: "Uniform" } | { readonly _tag: "Zipf"; readonly exponent: number }

/**
 * Which requests follow each other: the cycle of a delivery (save_endp, save_dest, find_dest, all of one endpoint), or each drawn by
 * weight, in the order of `kindNames`.
 */
export type Mix = { readonly _tag: "Cycle" } | { readonly _tag: "Weights"; readonly weights: ReadonlyArray<number> }

/** What the clients do. */
export interface Workload {
  readonly clients: number
  readonly mix: Mix
  /** Endpoint labels and destination labels in use, shared by all clients. */
  readonly endpoints: number
  readonly destinations: number
  readonly popularity: Popularity
  /** Size of an endpoint's properties, drawn once a label. */
  readonly propertyBytesMin: number
  readonly propertyBytesMax: number
  readonly ttlSeconds: number
  /** Connections that are cached before the clients begin, and stay so on average. */
  readonly cached: number
  /** Whether those are under labels that no client asks for. */
  readonly cachedApart: boolean
  /** Connections there are at all; a save for which none is left becomes a find of the same label. */
  readonly connections: number
  readonly seed: number
}

/** Bytes of properties that name the connection; the rest is filler. */
export const propertyBytesLeast = 18

/** Bindings of one destination, which scached bounds too. */
export const bindingsMax = 256

/** Endpoint labels there are at all: those in use, and behind them as many of those that are cached apart. */
export const endpointLabels = ({ cachedApart, endpoints }: Workload): number => (cachedApart ? 2 : 1) * endpoints

/** A workload that cannot be run. */
export class WorkloadInvalid extends Schema.TaggedError<WorkloadInvalid>()("WorkloadInvalid", {
  /** What is wrong and what would be right, in the words of the command line. */
  message: Schema.String
}) {}

const whole = (name: string, value: number, least: number, most: number): string | undefined =>
  Number.isInteger(value) && value >= least && value <= most
    ? undefined
    : `${name} ${value}: expected a whole number from ${least} to ${most}`

/** What is wrong with a workload, `undefined` when it can be run with so many open descriptors. */
export const findFault = (workload: Workload, descriptorsMax: number): WorkloadInvalid | undefined => {
  const { endpoints, destinations, clients, cached, connections, mix } = workload
  const weights = mix._tag === "Weights" ? mix.weights : [1]
  // A cached connection costs one descriptor here, and a client one, and one more while its connection is out.
  const needed = connections + 2 * clients + (connections - cached) + 64
  const faults = [
    whole("--clients", clients, 1, 100_000),
    whole("--endpoints", endpoints, 1, 1_000_000),
    whole("--destinations", destinations, 1, 1_000_000),
    whole("--ttl", workload.ttlSeconds, 1, 2_147_483_647),
    whole("--seed", workload.seed, 0, 0xffff_ffff),
    whole("--cached", cached, 0, 1_000_000),
    connections < cached + clients
      ? `--connections ${connections}: expected at least ${cached + clients}, one for each that is cached (--cached) and for each client`
      : whole("--connections", connections, 1, 1_100_000),
    whole("--properties", workload.propertyBytesMin, propertyBytesLeast, 60_000),
    whole("--properties", workload.propertyBytesMax, workload.propertyBytesMin, 60_000),
    weights.every((weight) => weight >= 0 && Number.isFinite(weight)) && weights.some((weight) => weight > 0)
      ? undefined
      : "--mix: expected weights from 0, and one above 0",
    endpointLabels(workload) / destinations <= bindingsMax
      ? undefined
      : `--endpoints ${endpoints} of --destinations ${destinations}: more than ${bindingsMax} a destination; raise --destinations`,
    workload.popularity._tag === "Zipf" && !(workload.popularity.exponent > 0 && workload.popularity.exponent <= 10)
      ? `--popularity zipf:${workload.popularity.exponent}: expected an exponent above 0, up to 10`
      : undefined,
    workload.cachedApart && endpoints < destinations
      ? `--cached-apart with --endpoints ${endpoints} and --destinations ${destinations}: raise --endpoints to at least as many`
      : undefined,
    needed > descriptorsMax
      ? `${needed} descriptors are needed for this workload and ${descriptorsMax} are allowed: lower --cached or --clients, or raise the limit (ulimit -n)`
      : undefined
  ]
  const message = faults.find((fault) => fault !== undefined)
  return message === undefined ? undefined : new WorkloadInvalid({ message })
}
