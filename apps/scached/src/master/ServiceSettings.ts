/**
 * The settings of a service under master(8): options, environment and main.cf, read into one value.
 */
import { ProcessCalls, UserDatabase } from "@scached/daemon"
import type { FarewellRules } from "@scached/farewell"
import {
  DaemonEnvironment,
  DaemonOptions,
  debuggerCommand,
  MainConfiguration,
  ParameterSource,
  PostfixDefaults,
  type ScacheValues,
  ServiceMode,
  scacheParameters
} from "@scached/postfix"
import { Effect, Result } from "effect"
import * as Allowed from "../settings/Allowed.ts"
import { farewellRulesOf } from "../settings/farewells.ts"
import { type CacheValues, cacheParameters } from "../settings/parameters.ts"
import { readMainConfiguration } from "../settings/readMainConfiguration.ts"
import * as UnknownParameters from "../settings/UnknownParameters.ts"
import type * as Confinement from "./Confinement.ts"
import { ServiceFailure } from "./ServiceFailure.ts"

/** How the program was started. */
export interface Invocation {
  /** The words behind the command. */
  readonly words: ReadonlyArray<string>
  /** The command's name, without its directory. */
  readonly processName: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Everything a service knows before it touches its process. */
export interface ServiceSettings {
  readonly options: DaemonOptions.DaemonOptions
  readonly environment: DaemonEnvironment.DaemonEnvironment
  readonly mode: ServiceMode.ServiceMode
  readonly values: ScacheValues & CacheValues
  /** Who may connect besides root and the user that it runs as. */
  readonly allowed: Allowed.Allowed
  /** mail_owner: looked up once, since another directory than /etc/passwd may take its time. */
  readonly owner: Confinement.Owner
  /** What is said to whom before a connection is closed. */
  readonly farewells: FarewellRules.FarewellRules
  /** Remarks on main.cf about settings that cannot be intended; for the log. */
  readonly remarks: ReadonlyArray<string>
}

/** All parameters that a service goes by. */
export const table = { ...scacheParameters, ...cacheParameters }

const orFail = <A, E extends { readonly message: string }>(
  result: Result.Result<A, E>
): Effect.Effect<A, ServiceFailure> =>
  Result.isSuccess(result)
    ? Effect.succeed(result.success)
    : Effect.fail(new ServiceFailure({ message: result.failure.message }))

const readConfiguration = (directory: string) =>
  Effect.mapError(readMainConfiguration(directory), (error) => {
    const advice = "is MAIL_CONFIG the directory of main.cf, and may this user read it?"
    return new ServiceFailure({
      message: error._tag === "SystemCallError" ? `${error.message}: ${advice}` : error.message
    })
  })

/** Reads the options alone: they say where a failure of all the rest is reported. */
export const readOptions = (invocation: Invocation): Effect.Effect<DaemonOptions.DaemonOptions, ServiceFailure> =>
  orFail(DaemonOptions.parse(invocation.words))

/** Reads all settings of a service; fails with the first that is wrong. */
export const read = Effect.fnUntraced(function* (
  invocation: Invocation
): Effect.fn.Return<ServiceSettings, ServiceFailure, ProcessCalls> {
  const { processName } = invocation
  const { pid } = yield* ProcessCalls
  const options = yield* readOptions(invocation)
  const environment = yield* orFail(DaemonEnvironment.decode(invocation.environment))
  const mode = yield* orFail(ServiceMode.fromOptions(options, processName))
  const configuration = yield* readConfiguration(environment.configurationDirectory)
  const source = PostfixDefaults.makeSource({
    table,
    facts: { process_id: String(pid), process_name: processName, service_name: mode.serviceName },
    overrides: options.overrides,
    configuration,
    defaults: {
      config_directory: environment.configurationDirectory,
      ...(environment.postlogHostname === undefined ? {} : { myhostname: environment.postlogHostname })
    }
  })
  const values = ParameterSource.readAll(source, table)
  if (Result.isFailure(values)) {
    const [first, ...others] = values.failure.map(({ message }) => message)
    return yield* new ServiceFailure({ message: first ?? "main.cf cannot be used", others })
  }
  if (options.isDebuggerStarted) yield* checkDebugger(source)
  const remarks = [
    ...MainConfiguration.remarkLines(configuration),
    ...UnknownParameters.remarks(options.overrides, configuration)
  ]
  const owner = yield* Effect.result(UserDatabase.lookUpEverywhere(values.success.mailOwner))
  const allowed = yield* lookUpAllowed(values.success, owner)
  const farewells = farewellRulesOf(values.success)
  if (Result.isFailure(farewells)) return yield* new ServiceFailure({ message: farewells.failure })
  return { farewells: farewells.success, options, environment, mode, values: values.success, allowed, owner, remarks }
})

/** As in Postfix: `-D` without a debugger is a mistake. The command is looked at for that alone; where there is no -D it may be anything. */
const checkDebugger = Effect.fnUntraced(function* (source: ParameterSource.ParameterSource) {
  const command = yield* orFail(ParameterSource.read(source, debuggerCommand))
  if (command !== "") return
  return yield* new ServiceFailure({
    message:
      "option -D: debugger_command of main.cf is empty: remove -D from the line in master.cf; -v logs each request"
  })
})

/** mail_owner may always connect, whichever user the service runs as. If it must exist and does not, a later step reports that. */
const lookUpAllowed = Effect.fnUntraced(function* (values: ScacheValues & CacheValues, owner: Confinement.Owner) {
  const { allowedGroups, allowedUsers } = cacheParameters
  const allowed = yield* Allowed.lookUp(
    Allowed.wordsOf(allowedUsers.name, values.allowedUsers),
    Allowed.wordsOf(allowedGroups.name, values.allowedGroups)
  ).pipe(Effect.mapError(({ message }) => new ServiceFailure({ message })))
  return { ...allowed, users: [...allowed.users, ...(Result.isSuccess(owner) ? [owner.success.uid] : [])] }
})
