/**
 * The four requests with their whole exchange, as a well-behaved client makes them. Each throws when an answer is not to the byte
 * what it must be.
 *
 * @category conversations
 */
import type { SystemCalls } from "@scached/fdpass"
import * as AttributeList from "./AttributeList.ts"
import type { Conversation } from "./Conversation.ts"
import { closeAndTellMark, type Mark, type MarkedConnection } from "./MarkedConnection.ts"

/**
 * An endpoint as it is saved.
 *
 * @category conversations
 */
export interface EndpointFields {
  readonly ttlSeconds: number
  readonly label: string
  readonly properties: string
}

/**
 * A destination as it is saved.
 *
 * @category conversations
 */
export interface DestinationFields {
  readonly ttlSeconds: number
  readonly label: string
  readonly properties: string
  readonly endpoint: string
}

/**
 * Saves a connection; its near end is closed, as a client does.
 *
 * @category conversations
 */
export const saveEndpoint = (
  conversation: Conversation,
  fields: EndpointFields,
  connection: Pick<MarkedConnection, "near">
): void => {
  conversation.send(AttributeList.request.saveEndpoint(fields.ttlSeconds, fields.label, fields.properties))
  conversation.expect(AttributeList.dummy)
  conversation.sendDescriptor(connection.near)
  connection.near.close()
  conversation.expect(AttributeList.status(0))
}

/**
 * Binds a destination to an endpoint.
 *
 * @category conversations
 */
export const saveDestination = (conversation: Conversation, fields: DestinationFields): void => {
  const { ttlSeconds, label, properties, endpoint } = fields
  conversation.send(AttributeList.request.saveDestination(ttlSeconds, label, properties, endpoint))
  conversation.expect(AttributeList.status(0))
}

/** What follows a find reply with status 0: the descriptor, which is closed here after a look at its mark. */
const receiveConnection = (calls: SystemCalls["Service"], conversation: Conversation): Mark => {
  conversation.send(AttributeList.dummy)
  const mark = closeAndTellMark(calls, conversation.expectDescriptor())
  conversation.send(AttributeList.dummy)
  return mark
}

/**
 * Finds a connection by its endpoint, which must be there with these properties, and returns its mark.
 *
 * @category conversations
 */
export const findEndpoint = (
  calls: SystemCalls["Service"],
  conversation: Conversation,
  label: string,
  properties: string
): Mark => {
  conversation.send(AttributeList.request.findEndpoint(label))
  conversation.expect(AttributeList.found.endpoint(0, properties))
  return receiveConnection(calls, conversation)
}

/**
 * Finds a connection by its destination, which must be there with these properties, and returns its mark.
 *
 * @category conversations
 */
export const findDestination = (
  calls: SystemCalls["Service"],
  conversation: Conversation,
  label: string,
  properties: { readonly destination: string; readonly endpoint: string }
): Mark => {
  conversation.send(AttributeList.request.findDestination(label))
  conversation.expect(AttributeList.found.destination(0, properties.destination, properties.endpoint))
  return receiveConnection(calls, conversation)
}

/**
 * Looks for an endpoint that must not be there.
 *
 * @category conversations
 */
export const missEndpoint = (conversation: Conversation, label: string): void => {
  conversation.send(AttributeList.request.findEndpoint(label))
  conversation.expect(AttributeList.found.endpoint(2, ""))
}

/**
 * Looks for a destination that must not be there.
 *
 * @category conversations
 */
export const missDestination = (conversation: Conversation, label: string): void => {
  conversation.send(AttributeList.request.findDestination(label))
  conversation.expect(AttributeList.found.destination(2, "", ""))
}
