/**
 * What makes a program a Postfix daemon: main.cf, parameters, the options and environment that master(8) gives, and what goes back
 * to it and to the log.
 */
export * as ByteText from "./ByteText.ts"
export * as DaemonEnvironment from "./DaemonEnvironment.ts"
export * as DaemonOptions from "./DaemonOptions.ts"
export * as Expansion from "./Expansion.ts"
export * from "./ExpansionInvalid.ts"
export * as LogLine from "./LogLine.ts"
export * as LogSocket from "./LogSocket.ts"
export * as MainConfiguration from "./MainConfiguration.ts"
export * as MasterChannel from "./MasterChannel.ts"
export * as Override from "./Override.ts"
export * as Parameter from "./Parameter.ts"
export * from "./ParameterError.ts"
export * as ParameterSource from "./ParameterSource.ts"
export * from "./ScacheParameters.ts"
export * as ServiceMode from "./ServiceMode.ts"
export * as Statistics from "./Statistics.ts"
export * as StatusMessage from "./StatusMessage.ts"
export * as SyslogFacility from "./SyslogFacility.ts"
export * as TimeValue from "./TimeValue.ts"
