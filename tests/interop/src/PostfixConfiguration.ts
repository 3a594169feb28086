/**
 * The configuration of a private Postfix: one that accepts mail for everywhere and hands all of it to one host.
 *
 * @category postfix
 */
import { readFileSync } from "node:fs"
import * as Greeting from "./Greeting.ts"
import { labPorts } from "./LoopbackAddress.ts"
import type { postfixPaths } from "./PostfixTools.ts"

/**
 * What the configuration depends on.
 *
 * @category postfix
 */
export interface PostfixPlan {
  readonly paths: typeof postfixPaths
  /** The directory with everything in it. */
  readonly directory: string
  /** Where the daemons are, for a private Postfix that has one of its own among them. */
  readonly daemonDirectory: string
  readonly address: string
  /** The command of the scache service, with its arguments. */
  readonly cacheCommand: string
  /** Whether master(8) has the scache service make the queue directory its root. */
  readonly isCacheChrooted: boolean
  /** The service that smtp(8) looks for as its cache. */
  readonly cacheServiceName: string
  /** Settings of main.cf that are added, or replace one. */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * The settings of main.cf.
 *
 * @category postfix
 */
export const mainSettings = (plan: PostfixPlan): Readonly<Record<string, string>> => ({
  compatibility_level: "3.6",
  queue_directory: `${plan.directory}/q`,
  data_directory: `${plan.directory}/data`,
  daemon_directory: plan.daemonDirectory,
  command_directory: plan.paths.commandDirectory,
  mail_owner: "postfix",
  setgid_group: "postdrop",
  myhostname: "lab.example.test",
  inet_interfaces: "127.0.0.1",
  inet_protocols: "ipv4",
  mydestination: "",
  mynetworks: "127.0.0.0/8",
  relayhost: `[${plan.address}]:${labPorts.sink}`,
  smtp_dns_support_level: "disabled",
  smtp_connection_cache_destinations: "static:all",
  maillog_file: `${plan.directory}/mail.log`,
  maillog_file_prefixes: plan.directory,
  alias_maps: "",
  alias_database: "",
  local_recipient_maps: "",
  connection_cache_service_name: plan.cacheServiceName,
  ...Greeting.settings(),
  ...plan.settings
})

/**
 * Name, type, private, unprivileged, chroot, wake-up, process limit, command: the columns of master.cf.
 *
 * The queue manager is woken every 5 s, and not every 300 s as in the package's file. After a reload master(8) wakes it once, and the process
 * of before may take that call and leave: then no queue manager runs, and all mail stands, until the next call. In 3.11.7 that happened once in
 * 100 reloads under load, with Postfix's own cache.
 */
const services = (plan: PostfixPlan): ReadonlyArray<ReadonlyArray<string>> => [
  [`${plan.address}:${labPorts.smtpd}`, "inet", "n", "-", "n", "-", "-", "smtpd"],
  ["pickup", "unix", "n", "-", "n", "60", "1", "pickup"],
  ["cleanup", "unix", "n", "-", "n", "-", "0", "cleanup"],
  ["qmgr", "unix", "n", "-", "n", "5", "1", "qmgr"],
  ["tlsmgr", "unix", "-", "-", "n", "1000?", "1", "tlsmgr"],
  ["tlsproxy", "unix", "-", "-", "n", "-", "0", "tlsproxy"],
  ["rewrite", "unix", "-", "-", "n", "-", "-", "trivial-rewrite"],
  ["bounce", "unix", "-", "-", "n", "-", "0", "bounce"],
  ["defer", "unix", "-", "-", "n", "-", "0", "bounce"],
  ["trace", "unix", "-", "-", "n", "-", "0", "bounce"],
  ["verify", "unix", "-", "-", "n", "-", "1", "verify"],
  ["flush", "unix", "n", "-", "n", "1000?", "0", "flush"],
  ["proxymap", "unix", "-", "-", "n", "-", "-", "proxymap"],
  ["smtp", "unix", "-", "-", "n", "-", "-", "smtp"],
  ["relay", "unix", "-", "-", "n", "-", "-", "smtp"],
  ["showq", "unix", "n", "-", "n", "-", "-", "showq"],
  ["error", "unix", "-", "-", "n", "-", "-", "error"],
  ["retry", "unix", "-", "-", "n", "-", "-", "error"],
  ["discard", "unix", "-", "-", "n", "-", "-", "discard"],
  ["local", "unix", "-", "n", "n", "-", "-", "local"],
  ["virtual", "unix", "-", "n", "n", "-", "-", "virtual"],
  ["lmtp", "unix", "-", "-", "n", "-", "-", "lmtp"],
  ["anvil", "unix", "-", "-", "n", "-", "1", "anvil"],
  ["scache", "unix", "-", "-", plan.isCacheChrooted ? "y" : "n", "-", "1", plan.cacheCommand],
  ["postlog", "unix-dgram", "n", "-", "n", "-", "1", "postlogd"]
]

/**
 * The lines of master.cf.
 *
 * @category postfix
 */
export const masterLines = (plan: PostfixPlan): ReadonlyArray<string> =>
  services(plan).map((columns) => columns.join(" "))

/**
 * The lines of the master.cf that the package installs, comments included; only smtpd listens where the plan has it.
 *
 * @category postfix
 */
export const stockMasterLines = (plan: PostfixPlan): ReadonlyArray<string> =>
  readFileSync(plan.paths.stockMaster, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^smtp(?= +inet )/, `${plan.address}:${labPorts.smtpd}`))
