import { FarewellRules } from "@scached/farewell"
import { Access } from "./Access.ts"
import type { CacheSettings } from "./CacheSettings.ts"
import { type DescriptorBudget, neededFor } from "./DescriptorBudget.ts"
import type { CacheValues } from "./parameters.ts"

/** The parameters of Postfix that the cache uses, and how long it waits for a client. */
interface PostfixValues {
  readonly ttlSecondsMax: number
  readonly requestSecondsMax: number
  readonly idleSecondsMax: number
  readonly processName: string
}

/** The name under which tools that read mail logs expect the lines of Postfix's own cache. */
const nameOfPostfix = "scache"

const rootAlone = new Access([0])

/** The settings of the cache, from what its parameters say and what the machine has. */
export const cacheSettingsOf = (
  values: CacheValues & PostfixValues,
  budget: DescriptorBudget,
  access: Access | undefined,
  insiders: Access = rootAlone,
  farewells: FarewellRules.FarewellRules = FarewellRules.none
): CacheSettings => ({
  ttlSecondsMax: values.ttlSecondsMax,
  exchangeSecondsMax: Math.min(values.requestSecondsMax, values.exchangeSeconds),
  idleSecondsMax: values.idleSecondsMax,
  requestBytesMax: values.requestLimit,
  // The longest answer has two properties, each from a separate request.
  outputBytesMax: Math.max(values.outputLimit, 2 * values.requestLimit),
  clientsMax: values.clientLimit === 0 ? budget.clients : values.clientLimit,
  connectionsMax: values.connectionLimit === 0 ? budget.connections : values.connectionLimit,
  connectionsPerEndpointMax: values.endpointConnectionLimit,
  bindingsMax: values.bindingLimit,
  bindingsPerDestinationMax: values.destinationBindingLimit,
  textBytesMax: values.textLimit,
  isGreeting: values.isGreeting,
  watch: values.watch,
  farewells,
  farewellSecondsMax: values.farewellSeconds,
  batching: values.batching,
  descriptorsMax: budget.descriptors,
  access,
  insiders,
  hasOwnLines: values.logLines === "all" || (values.logLines === "auto" && values.processName !== nameOfPostfix),
  warningsPerSecondMax: values.warningLimit
})

/** What is wrong with limits that promise more than there is. */
export const remarksOn = (
  settings: Pick<CacheSettings, "clientsMax" | "connectionsMax">,
  { descriptors }: DescriptorBudget
): ReadonlyArray<string> => {
  const { clientsMax, connectionsMax } = settings
  const needed = neededFor(clientsMax, Number(connectionsMax))
  if (needed <= descriptors) return []
  return [
    `${connectionsMax} connections (scached_connection_limit) and ${clientsMax} clients (scached_client_limit) need ${needed} ` +
      `descriptors, and RLIMIT_NOFILE allows ${descriptors}: raise it, or lower them`
  ]
}
