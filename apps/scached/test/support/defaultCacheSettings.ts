import { MainConfiguration, ParameterSource } from "@scached/postfix"
import { Result } from "effect"
import { serveParameters } from "../../src/serve/ServeParameters.ts"
import type { CacheSettings } from "../../src/settings/CacheSettings.ts"
import { cacheSettingsOf } from "../../src/settings/cacheSettingsOf.ts"
import { budgetOf } from "../../src/settings/DescriptorBudget.ts"

const nothing = MainConfiguration.parse(Buffer.from(""), { file: "main.cf" })
if (Result.isFailure(nothing)) throw nothing.failure
const source = ParameterSource.make({
  table: serveParameters,
  configuration: nothing.success,
  overrides: [],
  facts: { process_id: "1", process_name: "scached", service_name: "scached" }
})
// Postfix has an expression for it, which names parameters that are not in the table.
const { syslogName: _, ...parameters } = serveParameters
const values = ParameterSource.readAll(source, parameters)
if (Result.isFailure(values)) throw values.failure[0]

/** What the table of parameters makes of an empty main.cf, where the process may have 200,000 descriptors and whoever comes may connect. */
export const defaultCacheSettings: CacheSettings = cacheSettingsOf(values.success, budgetOf(200_000), undefined)
