export * as Fuzz from "./Fuzz.ts"
export * as Hostile from "./Hostile.ts"
export * as MutationRun from "./MutationRun.ts"
export * as Soak from "./Soak.ts"
