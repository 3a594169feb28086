/**
 * What is checked of a find: the properties that come first, the descriptor that comes after them, and that there is nothing.
 */
import { Place } from "../truth/CacheModel.ts"
import { RequestKind } from "../workload/RequestKind.ts"
import type { Conversation } from "./Conversation.ts"
import type { LoadBench } from "./LoadBench.ts"

const countAnswered = ({ model }: LoadBench, conversation: Conversation): void => {
  if (conversation.kind === RequestKind.findDestination) model.destinationFindAnswered(conversation.destination)
  else model.endpointFindAnswered(conversation.endpoint)
}

const text = (bytes: Uint8Array, start: number, end: number): string =>
  JSON.stringify(Buffer.from(bytes.subarray(start, Math.min(end, start + 80))).toString("latin1"))

/** Checks a reply that found something, and remembers in the conversation which connection must come; -1 when that cannot be told. */
export const checkAnnounced = (bench: LoadBench, conversation: Conversation, reply: Uint8Array): void => {
  const { bytes, model, log, view } = bench
  const { firstStart, firstEnd, lastStart, lastEnd } = view
  countAnswered(bench, conversation)
  conversation.connection = -1
  const connection = bytes.connectionOf(reply, lastStart, lastEnd)
  if (connection < 0) {
    log.add(`${conversation.describe()}: properties ${text(reply, lastStart, lastEnd)} were never saved`)
    return
  }
  const generation = bytes.generationOf(reply, lastStart)
  if (!model.found(connection, generation, conversation.startedMillis, conversation.describe())) return
  conversation.connection = connection
  const endpoint = model.endpointOf(connection)
  if (!bytes.isFillerOf(endpoint, reply, lastStart, lastEnd)) {
    log.add(`${conversation.describe()}: properties ${text(reply, lastStart, lastEnd)} are not those that were saved`)
  }
  if (conversation.kind === RequestKind.findEndpoint) {
    if (endpoint === conversation.endpoint) return
    log.add(`${conversation.describe()}: connection ${connection} was saved under mx${endpoint}`)
    return
  }
  const binding = bytes.topology.bindingBetween(conversation.destination, endpoint)
  if (binding < 0 || !model.isBound(binding, conversation.startedMillis)) {
    log.add(`${conversation.describe()}: connection ${connection} is of mx${endpoint}, which is not bound to it`)
  } else if (!bytes.isBindingProperties(binding, reply, firstStart, firstEnd)) {
    log.add(
      `${conversation.describe()}: the binding's properties ${text(reply, firstStart, firstEnd)} are not those saved`
    )
  }
}

/** Checks the descriptor that came: `connection` is what it was recognized as. */
export const checkArrived = ({ model, log, pool }: LoadBench, conversation: Conversation, connection: number): void => {
  const expected = conversation.connection
  if (connection >= 0 && connection === expected) {
    model.returned(connection)
    pool.takeIn(connection)
    return
  }
  pool.drop()
  const found =
    connection < 0 ? "a stranger's" : `that of connection ${connection} of mx${model.endpointOf(connection)}`
  if (expected >= 0) {
    log.add(`${conversation.describe()}: the descriptor is ${found}, expected that of connection ${expected}`)
    model.suspect(expected)
  } else if (connection < 0) {
    log.add(`${conversation.describe()}: the descriptor is ${found}`)
  }
  // A free one is here already: a second copy of it came.
  if (connection >= 0 && model.placeOf(connection) !== Place.free) model.suspect(connection)
}

/** Checks a find that found nothing. */
export const checkMiss = (bench: LoadBench, conversation: Conversation): void => {
  const { model, calls } = bench
  countAnswered(bench, conversation)
  const nowMillis = calls.monotonicMillis()
  if (conversation.kind === RequestKind.findDestination) {
    model.missedDestination(conversation.destination, conversation.startedMillis, nowMillis)
  } else {
    model.missedEndpoint(conversation.endpoint, conversation.startedMillis, nowMillis)
  }
}
