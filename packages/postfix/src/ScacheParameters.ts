// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of main.cf.
/**
 * The parameters of main.cf that a connection cache daemon reads, with the defaults and bounds of Postfix 3.11. Earlier releases differ in
 * `import_environment` alone, which has no XDG_RUNTIME_DIR there.
 */
import { boolean, choice, fact, integer, text, time, type Values } from "./Parameter.ts"
import { facilities } from "./SyslogFacility.ts"

/**
 * The table. Facts and the defaults of `config_directory`, `myhostname` and `process_name` are the caller's to give; those here are
 * for a program that has not looked them up.
 *
 * @category constants
 */
export const scacheParameters = {
  ttlSecondsMax: time({
    name: "connection_cache_ttl_limit",
    default: "2s",
    minSeconds: 1,
    about: "The longest time that a connection or a binding is kept, whatever a client asks for."
  }),
  statisticsSeconds: time({
    name: "connection_cache_status_update_time",
    default: "600s",
    minSeconds: 1,
    about: "How often statistics are logged."
  }),
  configurationDirectory: text({
    name: "config_directory",
    default: "/etc/postfix",
    about: "The directory of main.cf and master.cf."
  }),
  watchdogSeconds: time({
    name: "daemon_timeout",
    default: "18000s",
    minSeconds: 1,
    about: "How long the daemon may be busy with one event before a watchdog ends it."
  }),
  requestSecondsMax: time({
    name: "ipc_timeout",
    default: "3600s",
    minSeconds: 1,
    about: "How long a client may owe bytes in the middle of an exchange before it is disconnected."
  }),
  idleSecondsMax: time({
    name: "max_idle",
    default: "100s",
    minSeconds: 1,
    about: "How long the daemon waits for a client before it leaves."
  }),
  clientsMax: integer({
    name: "max_use",
    default: "100",
    min: 1,
    about: "How many clients a daemon serves before it leaves; a connection cache serves on."
  }),
  processId: fact({ name: "process_id", default: "", about: "The daemon's process number." }),
  processName: text({ name: "process_name", default: "scached", about: "The name of the daemon's command." }),
  serviceName: fact({ name: "service_name", default: "", about: "The daemon's service name in master.cf." }),
  syslogFacility: choice({
    name: "syslog_facility",
    default: "mail",
    choices: facilities,
    about: "The syslog facility of what is logged."
  }),
  syslogName: text({
    name: "syslog_name",
    default: "${multi_instance_name?{$multi_instance_name}:{postfix}}",
    minBytes: 1,
    about: "What stands before the process name on each line of the log."
  }),
  queueDirectory: text({
    name: "queue_directory",
    default: "/var/spool/postfix",
    minBytes: 1,
    about: "The directory that the daemon works in, and the root of its chroot."
  }),
  mailOwner: text({
    name: "mail_owner",
    default: "postfix",
    minBytes: 1,
    about: "The user that the daemon runs as."
  }),
  logFile: text({
    name: "maillog_file",
    default: "",
    about: "The file that postlogd(8) writes the log to; empty for syslog."
  }),
  logFilePrefixes: text({
    name: "maillog_file_prefixes",
    default: "/var, /dev/stdout",
    minBytes: 1,
    about: "What maillog_file must begin with."
  }),
  postlogService: text({
    name: "postlog_service_name",
    default: "postlog",
    minBytes: 1,
    about: "The name of the postlogd(8) service in master.cf."
  }),
  hostname: text({ name: "myhostname", default: "localhost", minBytes: 1, about: "The name of this host." }),
  instanceName: text({
    name: "multi_instance_name",
    default: "",
    about: "The name of this Postfix instance, where there are several."
  }),
  importedEnvironment: text({
    name: "import_environment",
    default:
      "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME XDG_RUNTIME_DIR",
    about: "The environment variables that the daemon takes over from its parent."
  }),
  compatibilityLevel: text({
    name: "compatibility_level",
    default: "0",
    about: "The Postfix release whose defaults count; other defaults refer to it."
  }),
  isUtf8Logged: boolean({
    name: "smtputf8_enable",
    default: "${{$compatibility_level} <level {1} ? {no} : {yes}}",
    about: "Whether the log may hold UTF-8; without it, bytes outside ASCII become question marks."
  })
} as const

/**
 * What `-D` asks for. It is separate, since it is read only with that option; otherwise a mistake in it does not matter.
 *
 * @category constants
 */
export const debuggerCommand = text({
  name: "debugger_command",
  default: "",
  about: "The command that attaches a debugger to a daemon."
})

/**
 * The values of all of them.
 *
 * @category models
 */
export type ScacheValues = Values<typeof scacheParameters>
