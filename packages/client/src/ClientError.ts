/**
 * What can go wrong between a program and its cache: one tagged error each, and for each who owns the descriptor afterwards.
 */
import { type SocketPathInvalid, SystemCallError } from "@scached/fdpass"
import {
  DescriptorMissing,
  ReplyTooLarge,
  type RequestTooLarge,
  UnexpectedProtocol,
  UnexpectedReply
} from "@scached/protocol"
import { Schema } from "effect"

/**
 * The cache did not answer within the time that one attempt has.
 *
 * @category errors
 */
export class AnswerTimeout extends Schema.TaggedError<AnswerTimeout>()("AnswerTimeout", {
  answerMillisMax: Schema.Number
}) {
  override get message(): string {
    return `no answer within ${this.answerMillisMax} ms`
  }
}

/**
 * The cache closed the connection in the middle of an exchange.
 *
 * @category errors
 */
export class CacheDisconnected extends Schema.TaggedError<CacheDisconnected>()("CacheDisconnected", {}) {
  override get message(): string {
    return "it closed the connection before it had answered"
  }
}

const attemptFailures = [
  SystemCallError,
  AnswerTimeout,
  CacheDisconnected,
  UnexpectedReply,
  UnexpectedProtocol,
  ReplyTooLarge,
  DescriptorMissing
] as const

/** Reasons of the protocol end with a question of their own. */
const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`)

/**
 * Why one attempt failed.
 *
 * @category errors
 */
export type AttemptFailure =
  | SystemCallError
  | AnswerTimeout
  | CacheDisconnected
  | UnexpectedReply
  | UnexpectedProtocol
  | ReplyTooLarge
  | DescriptorMissing

/**
 * The cache is out of reach: all attempts failed, or, where `attempts` is 0, none was made because those of an earlier call had failed
 * not long ago. Whatever was to be saved is still the caller's.
 *
 * @category errors
 */
export class CacheUnavailable extends Schema.TaggedError<CacheUnavailable>()("CacheUnavailable", {
  path: Schema.String,
  attempts: Schema.Number,
  /** Why the last attempt failed. */
  reason: Schema.Union(attemptFailures),
  /** For how long the cache is not asked again; `Infinity` for good. */
  restMillis: Schema.Number
}) {
  override get message(): string {
    const { path, attempts, reason, restMillis } = this
    const rest = Number.isFinite(restMillis) ? `for ${Math.ceil(restMillis)} ms` : "any more by this client"
    if (attempts === 0) return `the cache at ${path} is not asked ${rest}, since it was out of reach: ${reason.message}`
    const times = attempts === 1 ? "one attempt" : `${attempts} attempts`
    return (
      `the cache at ${path} is out of reach after ${times}: ${sentence(reason.message)} ` +
      `Check that it runs and that this user may connect; it is not asked ${rest}`
    )
  }
}

/**
 * The exchange broke off after the descriptor had left: the cache may hold a copy, and give it to another client. The exchange is
 * not tried again. The caller still owns its copy: close it, and do not use it any more.
 *
 * @category errors
 */
export class SaveUncertain extends Schema.TaggedError<SaveUncertain>()("SaveUncertain", {
  path: Schema.String,
  reason: Schema.Union(attemptFailures)
}) {
  override get message(): string {
    return (
      `the cache at ${this.path} did not confirm a connection that it may have saved: ${sentence(this.reason.message)} ` +
      "Close your copy: another client may be given the connection"
    )
  }
}

/**
 * The cache answered that it did not do it: status 1, it finds the request malformed, or 2, it failed. Whatever was to be saved is
 * still the caller's.
 *
 * @category errors
 */
export class RequestRefused extends Schema.TaggedError<RequestRefused>()("RequestRefused", {
  path: Schema.String,
  request: Schema.String,
  status: Schema.Literals([1, 2])
}) {
  override get message(): string {
    const why = this.status === 1 ? "finds it malformed" : "could not do it"
    return `the cache at ${this.path} refused ${this.request} with status ${this.status}: it ${why}; its log says more`
  }
}

/**
 * Too many calls wait for their turn already; nothing was sent. Whatever was to be saved is still the caller's.
 *
 * @category errors
 */
export class CacheBusy extends Schema.TaggedError<CacheBusy>()("CacheBusy", {
  path: Schema.String,
  waitingMax: Schema.Number
}) {
  override get message(): string {
    return `${this.waitingMax} requests wait for the cache at ${this.path} already: ask less often, or raise connectionsMax or waitingMax`
  }
}

/**
 * The client was closed before this request had its turn; nothing was sent. Whatever was to be saved is still the caller's.
 *
 * @category errors
 */
export class ClientClosed extends Schema.TaggedError<ClientClosed>()("ClientClosed", { path: Schema.String }) {
  override get message(): string {
    return `the client of the cache at ${this.path} is closed`
  }
}

/**
 * What a request can fail with.
 *
 * @category errors
 */
export type ClientError = CacheUnavailable | SaveUncertain | RequestRefused | CacheBusy | ClientClosed | RequestTooLarge

/** A value as a message shows it; programs without types pass anything. */
const shown = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (typeof value === "string") return JSON.stringify(value)
  if (Array.isArray(value)) return "an array"
  return typeof value === "object" && value !== null ? "an object" : String(value)
}

/**
 * A setting of the client is out of its range, or of another type.
 *
 * @category errors
 */
export class SettingInvalid extends Schema.TaggedError<SettingInvalid>()("SettingInvalid", {
  setting: Schema.String,
  found: Schema.Unknown,
  expected: Schema.String
}) {
  override get message(): string {
    return `${this.setting} is ${shown(this.found)}: expected ${this.expected}`
  }
}

/**
 * The client has no option of this name; it may be misspelt.
 *
 * @category errors
 */
export class OptionUnknown extends Schema.TaggedError<OptionUnknown>()("OptionUnknown", {
  option: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `there is no option ${this.option}: expected ${this.known.join(", ")}`
  }
}

/**
 * The options of a client are no object.
 *
 * @category errors
 */
export class OptionsInvalid extends Schema.TaggedError<OptionsInvalid>()("OptionsInvalid", { found: Schema.Unknown }) {
  override get message(): string {
    const path = typeof this.found === "string" ? shown(this.found) : '"run/scached.sock"'
    return `the options of a client are ${shown(this.found)}: expected an object, such as { path: ${path} }`
  }
}

/**
 * An argument of a request has another type than the request takes.
 *
 * @category errors
 */
export class ArgumentInvalid extends Schema.TaggedError<ArgumentInvalid>()("ArgumentInvalid", {
  argument: Schema.String,
  found: Schema.Unknown,
  expected: Schema.String
}) {
  override get message(): string {
    return `${this.argument} is ${shown(this.found)}: expected ${this.expected}`
  }
}

/**
 * What making a client can fail with.
 *
 * @category errors
 */
export type SettingsError = SettingInvalid | OptionUnknown | OptionsInvalid | SocketPathInvalid
