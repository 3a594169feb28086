/**
 * The greeting of a connection cache, which Postfix knows since 3.6. Before, its clients take a greeting for a malformed answer, so that
 * the laboratory has every cache be silent there.
 *
 * @category conversations
 */
import * as AttributeList from "./AttributeList.ts"
import type { Conversation } from "./Conversation.ts"
import { installed, isAtLeast } from "./PostfixRelease.ts"

/**
 * Whether the caches of the installed Postfix greet their clients; as in the newest one where no Postfix is installed.
 *
 * @category conversations
 */
export const isSent = (): boolean => installed().major === 0 || isAtLeast(3, 6)

/**
 * Waits for the greeting where caches send one. Where they do not, the next expectation fails if one comes.
 *
 * @category conversations
 */
export const expectFrom = (conversation: Conversation): void => {
  if (isSent()) conversation.expect(AttributeList.greeting)
}

/**
 * The setting that keeps scached from greeting, for a Postfix that knows no greeting; nothing for others.
 *
 * @category postfix
 */
export const settings = (): Readonly<Record<string, string>> => (isSent() ? {} : { scached_greeting: "no" })
