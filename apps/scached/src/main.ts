#!/usr/bin/env bun
/**
 * NAME
 *     scached - connection cache server, in place of Postfix's scache(8)
 *
 * SYNOPSIS
 *     **scached** [master(8) options]
 *     **scached serve** [**--socket** *path*] [options]
 *     **scached install** **--postfix** [**--yes** | **--undo**]
 *     **scached** **status** | **list** | **watch** | **top** | **check** [options]
 *     **scached** **--help** | **--version**
 *
 * DESCRIPTION
 *     The **scached**(8) server keeps open connections that other programs do not need for the moment, and hands them to the next client
 *     that asks. A delivery agent such as smtp(8) saves its connection to a mail server at the end of one mail. The same process, or
 *     another one, takes the connection for the next mail to the same server. The socket itself is handed over, as a passed file
 *     descriptor: **scached**(8) neither reads from it nor writes to it, except for a FAREWELL where one is set.
 *
 *     There are two ways to run it. Started by Postfix's master(8), as the scache service in master.cf, it is a Postfix daemon: it
 *     reads the parameters in main.cf, logs as Postfix does, drops its privileges and ends with Postfix. Started in any other way, as
 *     **scached serve**, it serves a separate socket.
 *
 *     Two kinds of entries are kept, each for a limited time (its time to live), in seconds.
 *
 *     **Endpoints**
 *         A connection, under a label that names its far end: an address and a port for instance. Several connections may have
 *         the same label; the oldest is handed out first. A connection leaves the cache when it is handed out.
 *
 *     **Destinations**
 *         A binding from the name of a destination, a domain for instance, to the label of an endpoint. A destination may
 *         have several, which are tried in the order in which they were first saved. A binding outlives the connections of its
 *         endpoint, and saving it again renews it.
 *
 *     Both have properties: text that the client saves with them, and gets back unchanged.
 *
 * PROTOCOL
 *     A client connects to the UNIX socket, reads a greeting, and makes requests one after the other. Requests and replies are
 *     attribute lists: a name and a value, each ended by a null byte, and so on, with one more null byte at the end. The replies are
 *     those of scache(8), to the byte.
 *
 *     **save_endp** *ttl endpoint properties*
 *         Keep the connection whose descriptor follows.
 *
 *     **find_endp** *endpoint*
 *         Hand over the oldest connection with that label, and its properties.
 *
 *     **save_dest** *ttl destination properties endpoint*
 *         Remember, or renew, a binding.
 *
 *     **find_dest** *destination*
 *         Hand over a connection of the first endpoint that has one, with the properties of the binding and of the connection.
 *
 *     The reply has a status: 0 for success, 1 for a request that is malformed, 2 for one that did not succeed, because nothing was
 *     cached, no descriptor came, or there is no room. A client whose request is longer than **scached_request_limit** gets status 1 and
 *     is disconnected.
 *
 *     A connection that could not be handed over, because the client was gone, goes back to its place. No client can make another one
 *     wait: the server keeps an unfinished exchange as state, and never blocks on it.
 *
 *     A cached connection whose far end closes, or sends data unasked (a mail server's "421"), leaves the cache at once;
 *     see **scached_watch**. It may still die between the answer to a find and the hand-over; the client then notices.
 *
 * FAREWELL
 *     When a connection expires, it is closed. Many servers log, rate or ban a client that closes without saying goodbye. With
 *     **scached_farewell** the server first gets a farewell in its protocol. A farewell is written only when a connection expires, is
 *     evicted, or is cached when the daemon ends. It is never written if the connection was sent to a client, even if it came back, or if
 *     the server has sent data or left.
 *
 *     A rule is a service, or the beginning of a label and an asterisk; then an equals sign, and the farewell. The service is the first line
 *     of the label: smtp(8) and lmtp(8) write the name of their line in master.cf there. A name alone is both service and farewell. A
 *     backslash is followed by r, n, t, s (a space), a backslash, or x and two hexadecimal digits.
 *
 *     **smtp**, **lmtp**, **nntp**, **redis**
 *         QUIT.
 *
 *     **pop3**
 *         QUIT, which deletes the messages that are marked as deleted.
 *
 *     **imap**
 *         LOGOUT, for connections that are not in IDLE.
 *
 *     **postgres**, **mysql**
 *         The message that ends a session.
 *
 *     **octets:***text*
 *         1 to 64 octets.
 *
 *     **none**
 *         Nothing.
 *
 *     The connection is closed when the server has closed its end, or after **scached_farewell_timeout**. A connection with TLS must go
 *     through tlsproxy(8), as those of smtp(8) do: no rule may match a TCP connection that carries TLS itself.
 *
 * LIMITS
 *     Everything that a client could fill has a limit, with a parameter, and a log line when the limit is first reached; see
 *     docs/limits.md. If there are too many connections or bindings, the label with the most loses the one that expires first: a label
 *     with no more than an equal share loses nothing to others. Clients above their limit wait until one leaves.
 *
 *     At the start the soft limit on descriptors (RLIMIT_NOFILE) is raised to the hard one. 64 descriptors are reserved.
 *     Seven sixteenths of the rest is the default number of clients, at most 10000, each with two descriptors; seven eighths, at most 100000, are
 *     for connections while few clients are connected. When clients come, cached connections are evicted for them.
 *
 * OPTIONS UNDER MASTER(8)
 *     master(8) starts its services with these options. On a line of master.cf only **-o**, **-v** and **-D** make sense; master(8)
 *     adds the others.
 *
 *     **-c**
 *         Make the queue directory the root directory.
 *
 *     **-d**
 *         Not a daemon: do not object to standard input that is a terminal.
 *
 *     **-D**
 *         Start a debugger. If **debugger_command** is empty, the service does not run, as in Postfix. If it is set, the command is not
 *         run: a warning is logged, and the service runs as usual. Use **-v**, or strace(1) on the running process.
 *
 *     **-i** *time*
 *         The same as **-o max_idle=***time*.
 *
 *     **-l**
 *         The process limit is 1. Without it the service does not run: each of two caches would know only some of the connections.
 *
 *     **-m** *count*
 *         The same as **-o max_use=***count*.
 *
 *     **-n** *name*
 *         The name of the service.
 *
 *     **-o** *name***=***value*
 *         Set a parameter, overriding main.cf. The form { *name* = *value* }, in one argument, allows spaces.
 *
 *     **-s** *count*
 *         The number of listening sockets, from descriptor 6 on.
 *
 *     **-S**
 *         Serve one client on standard input, which must be a connected UNIX socket, and end with it.
 *
 *     **-t** *transport*
 *         **unix** or **inet**: clients connect. **pass**: other programs connect and pass one client each, as a descriptor and an
 *         attribute list, which is ignored. Only UNIX sockets carry descriptors, so with **inet** nothing can be saved.
 *
 *     **-u**
 *         Run as user **mail_owner**.
 *
 *     **-v**
 *         Log each client and each request.
 *
 *     **-V**
 *         Log to standard error too. Without it only fatal errors are printed there: at a terminal, or if **GENERATION** is not set.
 *
 *     **-z**
 *         The process limit is 0. Of no use here, see **-l**.
 *
 * OPTIONS OF SERVE
 *     **--socket** *path*
 *         Where clients connect: a UNIX socket, which is made at the start and removed at the end. A socket without a server
 *         is replaced; any other file is left alone. While **scached** runs, a lock file, *path*.lock, is beside it. Omit this option
 *         where systemd(1) passes the socket.
 *
 *     **--mode** *mode*
 *         The mode of the socket file, in octal, which decides who may connect. The default is 0600: only the user that started
 *         **scached** may.
 *
 *     **--allow-user** *user*
 *         Let this user connect too, by name or number. May be repeated. Root, and the user that **scached** runs as, always may; others
 *         are disconnected. With this option or the next one, the default mode of the socket is 0666.
 *
 *     **--allow-group** *group*
 *         Let the members of this group connect too. May be repeated.
 *
 *     **--config-directory** *directory*
 *         Read the parameters from main.cf in this directory. Without it no file is read.
 *
 *     **-o**, **--parameter** *name***=***value*
 *         Set a parameter, overriding main.cf. May be repeated; the last value of a name applies.
 *
 *     **-v**, **--verbose**
 *         Log each client and each request.
 *
 *     **--log-format** *format*
 *         **text**, for people, is the default: with times, and coloured on a terminal. **json** is one object a line.
 *
 *     **--log-to** *place*
 *         **stderr** is the default; **syslog** is /dev/log.
 *
 *     **-h**, **--help**
 *         Print a help page, and end.
 *
 *     **--version**
 *         Print the version, the commit and the protocol, and end.
 *
 * OPTIONS OF INSTALL
 *     **scached install** inspects the Postfix of the machine and prints the commands that replace scache(8) with **scached**(8). See
 *     docs/install.md.
 *
 *     **--postfix**
 *         Install for Postfix. This is required, and the only choice so far.
 *
 *     **--yes**
 *         Run the commands instead of only printing them.
 *
 *     **--undo**
 *         Go back to scache(8), and remove everything that **--yes** added.
 *
 *     **--keep-hardening**
 *         Do not change Postfix's unit where systemd denies it executable memory.
 *
 *     **--config-directory** *directory*
 *         The Postfix whose main.cf is in this directory.
 *
 *     **-h**, **--help**
 *         Print a help page, and end.
 *
 * LOOKING INTO A CACHE
 *     **scached status**, **list**, **watch** and **top** look into a cache that runs, and change nothing; it answers root and the
 *     user that it runs as. **scached check** says what main.cf means. Each has **--help** and **--json**; see docs/operating.md.
 *
 * SIGNALS
 *     **SIGTERM**, **SIGINT**, **SIGQUIT**
 *         Close all connections and end.
 *
 *     **SIGUSR1**
 *         Log all counters, gauges and limits.
 *
 *     **SIGHUP**
 *         With **serve**: read main.cf again, and log a line for each parameter that has changed. Cached connections and clients
 *         stay. Under master(8): end, like every other service; postfix(1) reload is the way to new settings.
 *
 * SECURITY
 *     A client that may connect gets any cached connection that it asks for, with the rights of this connection at its far end. The
 *     kernel reports the user of each client. Root and the user that the server runs as may connect, under master(8) **mail_owner** too,
 *     and other users and groups that are allowed. The permissions of the socket and of its directory come on top.
 *
 *     **scached**(8) is moderately security-sensitive. It opens no connection to anywhere, and opens no file on behalf of a client. It
 *     does not read from cached connections, but asks the kernel whether there is something to read. It writes a FAREWELL where one is set,
 *     and throws the answer away. Under master(8) it needs root's rights to change its root directory and its user, which it does before
 *     it serves the first client. From then on it has no capability and can gain none; it needs no file below its root. See docs/security.md.
 *
 * DIAGNOSTICS
 *     Problems are logged, to syslogd(8) or postlogd(8) under master(8), to standard error with **serve**. docs/errors.md in the
 *     distribution lists every message, its cause and its remedy.
 *
 *     The exit status is 0 in the ordinary case: after a signal, after **max_idle**, at the end of master(8). It is 1 when the
 *     service cannot run, under master(8) after a pause of one second, and 2 when the command line of **serve** or its main.cf is
 *     wrong. A process that hangs is ended by SIGALRM after **daemon_timeout**.
 *
 *     Statistics are logged at an interval and at the end, unless there was nothing to count:
 *
 *     | statistics: start interval Nov 22 10:28:53
 *     | statistics: domain lookup hits=280 miss=20 success=93%
 *     | statistics: address lookup hits=0 miss=20 success=0%
 *     | statistics: max simultaneous domains=1 addresses=1 connection=20
 *
 * BUGS
 *     Clients that may connect can fill the cache for each other: shares are counted by label, not by client.
 *
 *     The cache does not survive its process.
 *
 * CONFIGURATION PARAMETERS
 *     Changes to main.cf take effect when a new process starts: use the command "postfix reload". **serve** uses
 *     SIGHUP instead, and only the first twenty-nine of these parameters.
 *
 *     The default of each parameter is in brackets. Times take a unit: s (seconds), m (minutes), h (hours), d (days), w (weeks).
 *
 *     **connection_cache_ttl_limit (2s)**
 *         The longest time that a connection or a binding is kept, even if a client asks for more.
 *
 *     **connection_cache_status_update_time (600s)**
 *         How often statistics are logged.
 *
 *     **config_directory (/etc/postfix)**
 *         The directory of main.cf and master.cf. Under master(8) the environment sets it; for **serve** it is the argument of
 *         **--config-directory**.
 *
 *     **daemon_timeout (18000s)**
 *         How long the event loop may be blocked before a watchdog ends the process.
 *
 *     **ipc_timeout (3600s)**
 *         How long a client may owe bytes in the middle of an exchange before it is disconnected, if this is shorter than
 *         **scached_exchange_timeout**. Between requests it may be silent indefinitely.
 *
 *     **max_idle (100s)**
 *         How long to wait, with no client connected, before ending. Cached connections do not count. With **serve** the default is
 *         0s: indefinitely.
 *
 *     **process_id (read-only)**
 *         The process number, for other values to refer to.
 *
 *     **process_name (read-only)**
 *         The name of the command: the last component of the command in master.cf. It is part of the tag of each line in the log.
 *
 *     **service_name (read-only)**
 *         The name of the service in master.cf, or of the socket file.
 *
 *     **syslog_facility (mail)**
 *         The facility for syslogd(8).
 *
 *     **syslog_name (see postconf -d)**
 *         The text before the name of the process in the tag of each line: by default the name of the Postfix instance, or
 *         postfix.
 *
 *     @parameters
 *
 *     **compatibility_level (0)**
 *         Postfix's parameter for the defaults of old releases. It decides the default of **smtputf8_enable**.
 *
 *     **debugger_command (empty)**
 *         Read only with **-D**, see there.
 *
 *     **import_environment (see postconf -d)**
 *         For other values to refer to. master(8) cleans the environment before it starts services.
 *
 *     **mail_owner (postfix)**
 *         The user to run as.
 *
 *     **maillog_file (empty)**
 *         The file that postlogd(8) writes, for other values to refer to. The environment from master(8) names postlogd's socket.
 *
 *     **maillog_file_prefixes (/var, /dev/stdout)**
 *         The same.
 *
 *     **max_use (100)**
 *         Read and checked, but without effect: a cache continues to serve.
 *
 *     **multi_instance_name (empty)**
 *         The name of the Postfix instance; see **syslog_name**.
 *
 *     **myhostname (localhost)**
 *         The name of the host in lines for postlogd(8), unless master(8) sets one.
 *
 *     **postlog_service_name (postlog)**
 *         The name of postlogd's service, for other values to refer to.
 *
 *     **queue_directory (/var/spool/postfix)**
 *         The directory to work in, and the root directory with **-c**.
 *
 *     **smtputf8_enable (see postconf -d)**
 *         Whether the log may hold UTF-8. If not, bytes that are not ASCII are logged as question marks.
 *
 * ENVIRONMENT
 *     **MAIL_CONFIG**, **GENERATION**, **POSTLOG_SERVICE**, **POSTLOG_HOSTNAME**, **MAIL_LOGTAG**, **MAIL_VERBOSE**, **MAIL_DEBUG**,
 *     **TZ**
 *         Set by master(8) for its services.
 *
 *     **LISTEN_FDS**, **LISTEN_PID**, **NOTIFY_SOCKET**, **WATCHDOG_USEC**, **WATCHDOG_PID**
 *         Set by systemd(1) for **serve**.
 *
 *     **NO_COLOR**
 *         No colours on a terminal.
 *
 * FILES
 *     /etc/postfix/main.cf, parameters
 *     /etc/postfix/master.cf, the line of the service
 *     /var/spool/postfix/private/scache, the socket that master(8) makes
 *
 * SEE ALSO
 *     scache(8), Postfix's own connection cache
 *     smtp(8), the delivery agent that uses it
 *     tlsproxy(8), which keeps connections with TLS
 *     master(8), process manager
 *     postconf(5), configuration parameters
 *     postlogd(8), Postfix logging
 *     syslogd(8), system logging
 *     unix(7), SCM_RIGHTS
 *
 * README FILES
 *     README.md, what is guaranteed, and a comparison with scache(8)
 *     docs/postfix.md, replacing scache(8), step by step
 *     docs/errors.md, every message
 *     docs/limits.md, every limit, its parameter and its counter
 *     docs/security.md, promises and their limits
 *
 * LICENSE
 *     Apache License 2.0; see LICENSE.
 *
 * AUTHORS
 *     The authors of scached.
 */
import { basename } from "node:path"
import * as Service from "./master/main.ts"

const words = process.argv.slice(2)

/** The name in master.cf, which is that of a link to the executable; from source it is that of Bun. */
const isCompiled = process.argv[1]?.startsWith("/$bunfs/") === true
const processName = isCompiled ? basename(process.argv0) : "scached"

// master(8) begins with a single letter, people with a word or with two dashes. The modules for people are loaded only for people: they
// take as long as all the rest (standard error as a stream alone takes 10 ms).
const [first = ""] = words
if (/^-[a-zA-Z]/.test(first) && first !== "-h") Service.main(words, processName)
else if (first === "install")
  void import("./install/main.ts").then((command) => command.main(words.slice(1), isCompiled))
else if (/^(status|list|watch|top|check)$/.test(first)) {
  void import("./inspect/main.ts").then((command) => command.main(words))
} else void import("./serve/main.ts").then((command) => command.main(words))
