export * as TimeValue from "./TimeValue.ts"
