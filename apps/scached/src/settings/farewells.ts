/**
 * What is said to whom, as the parameters have it.
 */
import { FarewellRules } from "@scached/farewell"
import { Result } from "effect"
import { type CacheValues, cacheParameters } from "./parameters.ts"

/** The rules of scached_farewell, or what is wrong with them. */
export const farewellRulesOf = ({
  farewells
}: Pick<CacheValues, "farewells">): Result.Result<FarewellRules.FarewellRules, string> =>
  FarewellRules.parse(farewells).pipe(Result.mapError(({ message }) => `${cacheParameters.farewells.name}: ${message}`))
