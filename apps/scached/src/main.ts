#!/usr/bin/env bun
/**
 * NAME
 *     scached - connection cache server, in place of Postfix's scache(8)
 *
 * SYNOPSIS
 *     **scached** [master(8) options]
 *     **scached serve** [**--socket** *path*] [options]
 *     **scached install** **--postfix** [**--yes** | **--undo**]
 *     **scached** **--help** | **--version**
 *
 * DESCRIPTION
 *     The **scached**(8) server keeps open connections that other programs are done with for the moment, and hands them to whoever
 *     asks for one next. A delivery agent, smtp(8) for instance, gives away a connection to a mail server at the end of one mail and
 *     gets it back, or another process gets it, for the next mail to the same place. What is handed over is the socket itself, as a
 *     passed file descriptor: **scached**(8) neither reads from it nor writes to it, but for a FAREWELL where one is set.
 *
 *     There are two ways to run it. Started by Postfix's master(8), as the scache service in master.cf, it is a Postfix daemon: it
 *     takes main.cf's parameters, logs as Postfix does, gives up its rights and leaves along with Postfix. Started by anybody else
 *     as **scached serve**, it serves a socket of its own.
 *
 *     Two kinds of things are kept, each for a limited time (its time to live), in seconds.
 *
 *     **Endpoints**
 *         A connection, under a label that says to what it leads: an address and a port for instance. Several connections may have
 *         the same label; the oldest is handed out first. A connection leaves the cache when it is handed out.
 *
 *     **Destinations**
 *         A binding from the name of a destination, a domain for instance, to the label of an endpoint. There may be several for a
 *         destination, which are tried in the order in which they were first saved. A binding outlives the connections of its
 *         endpoint, and is renewed when it is saved again.
 *
 *     With both come properties: text that the client gave, and gets back unchanged.
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
 *     cached, no descriptor came, or there is no room. A request that is longer than **scached_request_limit** gets status 1 and the
 *     end of the connection.
 *
 *     A connection that could not be handed over, because its taker was gone, goes back to its place. No client can make another one
 *     wait: what is owed by one is a state, and never a pause.
 *
 *     A cached connection whose far end closes, or says something although nobody asked (a mail server's "421"), leaves the cache at
 *     once; see **scached_watch**. Between the answer to a find and the hand-over it may still die, and its taker finds out.
 *
 * FAREWELL
 *     When a connection expires, it is closed, and many a server logs, rates or bans a client that leaves without a word. With
 *     **scached_farewell** the server is told first, in its protocol. It is said only where a connection leaves because it expires, is
 *     evicted, or the daemon ends; never where a client was sent the connection, even if it came back, where the server has said
 *     something, or where it has left.
 *
 *     A rule is a service or the beginning of a label and an asterisk, an equals sign, and what is said. The service is the first line of
 *     the label, in which smtp(8) and lmtp(8) write the name of their line in master.cf. A name alone is both. A character behind a
 *     backslash is r, n, t, s (a space), a backslash, or x and two hexadecimal digits.
 *
 *     **smtp**, **lmtp**, **nntp**, **redis**
 *         QUIT.
 *
 *     **pop3**
 *         QUIT, which deletes what is marked as deleted.
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
 *     The connection is closed when the server has closed its end, or after **scached_farewell_timeout**. What carries TLS must go through
 *     tlsproxy(8), as that of smtp(8) does: no rule may match a TCP connection that carries TLS itself.
 *
 * LIMITS
 *     Whatever a client could fill has a limit, with a parameter for it and a line in the log when it is first reached; see
 *     docs/limits.md. Where connections or bindings are too many, the label that holds the most loses the one that expires first: who
 *     holds no more than an equal share loses nothing to others. Clients above their limit wait until one leaves.
 *
 *     At the start the soft limit on descriptors (RLIMIT_NOFILE) is raised to the hard one. Of them 64 are kept back.
 *     Seven sixteenths of the rest is the default number of clients, at most 10000, each with two descriptors; seven eighths, at most 100000, are
 *     for connections while few clients are connected. When clients come, cached connections are evicted for them.
 *
 * OPTIONS UNDER MASTER(8)
 *     These are what master(8) starts its services with. Those that make sense on a line of master.cf are **-o**, **-v** and **-D**;
 *     the others are for master(8) to give.
 *
 *     **-c**
 *         Make the queue directory the root directory.
 *
 *     **-d**
 *         Not a daemon: do not object to standard input that is a terminal.
 *
 *     **-D**
 *         Start a debugger. Where **debugger_command** is empty the service does not run, as in Postfix. Where it is set, it is not run
 *         either: a warning is logged, and the service runs as usual. Use **-v**, or strace(1) on the running process.
 *
 *     **-i** *time*
 *         The same as **-o max_idle=***time*.
 *
 *     **-l**
 *         The process limit is 1. Without it the service does not run: two caches would each know half of the connections.
 *
 *     **-m** *count*
 *         The same as **-o max_use=***count*.
 *
 *     **-n** *name*
 *         The name of the service.
 *
 *     **-o** *name***=***value*
 *         Set a parameter, whatever main.cf says. The form { *name* = *value* }, in one argument, allows for spaces.
 *
 *     **-s** *count*
 *         How many listening sockets there are, from descriptor 6 on.
 *
 *     **-S**
 *         Serve one client on standard input, which must be a connected UNIX socket, and end with it.
 *
 *     **-t** *transport*
 *         **unix** or **inet**: clients connect. **pass**: other programs connect and pass a client each, as a descriptor and an
 *         attribute list, which is not looked at. Descriptors can come only over UNIX sockets, so that with **inet** nothing can be
 *         saved.
 *
 *     **-u**
 *         Run as user **mail_owner**.
 *
 *     **-v**
 *         Log each client and each request.
 *
 *     **-V**
 *         Log to standard error too. Without it only what is fatal is there: at a terminal, or where master(8) has not set **GENERATION**.
 *
 *     **-z**
 *         The process limit is 0. Of no use here, see **-l**.
 *
 * OPTIONS OF SERVE
 *     **--socket** *path*
 *         Where clients connect: a UNIX socket, which is made at the start and removed at the end. A socket that nobody serves any
 *         more is replaced, anything else is left alone. A lock file, *path*.lock, stands beside it meanwhile. Left out where
 *         systemd(1) passes the socket.
 *
 *     **--mode** *mode*
 *         The mode of the socket file, in octal: who may connect. Without this option it is 0600, and only the user who started
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
 *         Set a parameter, whatever main.cf says. May be repeated; of one name the last counts.
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
 *         Print a page about all of this, and end.
 *
 *     **--version**
 *         Print the version, the commit that it was built from and the protocol that it speaks, and end.
 *
 * OPTIONS OF INSTALL
 *     **scached install** looks at the Postfix of the machine and prints the commands that put **scached**(8) in the place of scache(8). See
 *     docs/install.md.
 *
 *     **--postfix**
 *         What it is installed for. There is nothing else yet, and it has to be said.
 *
 *     **--yes**
 *         Run the commands instead of only printing them.
 *
 *     **--undo**
 *         Go back to scache(8), and remove what **--yes** has put there.
 *
 *     **--keep-hardening**
 *         Leave Postfix's unit as it is where systemd denies it executable memory.
 *
 *     **--config-directory** *directory*
 *         The Postfix whose main.cf is in this directory.
 *
 * SIGNALS
 *     **SIGTERM**, **SIGINT**, **SIGQUIT**
 *         Close all connections and end.
 *
 *     **SIGUSR1**
 *         Log all counters, gauges and limits.
 *
 *     **SIGHUP**
 *         With **serve**: read main.cf again and log what has changed, a line for each parameter. What is cached stays, and so do
 *         clients. Under master(8): end, like every other service; postfix(1) reload is the way to new settings.
 *
 * SECURITY
 *     Whoever may connect gets any cached connection that it asks for, with the rights that this connection has at its far end. The
 *     kernel says of each client who it is: root and the user that the server runs as may connect, under master(8) **mail_owner** too,
 *     and those that are allowed besides. The mode of the socket and of its directory come on top.
 *
 *     **scached**(8) is moderately security-sensitive. It opens no connection to anywhere, and opens no file on behalf of a client. It
 *     reads from no connection that it keeps, but asks the kernel whether there is something to read; with a FAREWELL it writes that,
 *     and throws the answer away. Under master(8) it needs
 *     root's rights to change its root directory and its user, which it does before it serves the first client. From then on it has
 *     no capability and can gain none; below its root it needs no file. See docs/security.md.
 *
 * DIAGNOSTICS
 *     Problems are logged, to syslogd(8) or postlogd(8) under master(8), to standard error with **serve**. docs/errors.md in the
 *     distribution lists every message, its cause and what to do.
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
 *     The cache is gone with its process.
 *
 * CONFIGURATION PARAMETERS
 *     Changes to main.cf take effect when a new process starts: use the command "postfix reload". For **serve** there is SIGHUP; it
 *     goes by the first twenty-nine of these parameters.
 *
 *     The text below gives the default of each. Times take a unit: s (seconds), m (minutes), h (hours), d (days), w (weeks).
 *
 *     **connection_cache_ttl_limit (2s)**
 *         The longest time that a connection or a binding is kept, whatever a client asks for.
 *
 *     **connection_cache_status_update_time (600s)**
 *         How often statistics are logged.
 *
 *     **config_directory (/etc/postfix)**
 *         The directory of main.cf and master.cf. Under master(8) it is told by the environment; for **serve** it is that of
 *         **--config-directory**.
 *
 *     **daemon_timeout (18000s)**
 *         How long the process may be busy with one thing before a watchdog ends it.
 *
 *     **ipc_timeout (3600s)**
 *         How long a client may owe bytes in the middle of an exchange before it is disconnected, when that is shorter than
 *         **scached_exchange_timeout**. Between requests it may be silent for ever.
 *
 *     **max_idle (100s)**
 *         How long to wait, with no client connected, before leaving. What is cached does not count. With **serve** the default is
 *         0s: for ever.
 *
 *     **process_id (read-only)**
 *         The process number, for other values to refer to.
 *
 *     **process_name (read-only)**
 *         The name of the command: the last component of what master.cf has. It is part of the tag of each line in the log.
 *
 *     **service_name (read-only)**
 *         The name of the service in master.cf, or that of the socket file.
 *
 *     **syslog_facility (mail)**
 *         The facility for syslogd(8).
 *
 *     **syslog_name (see postconf -d)**
 *         What stands before the name of the process in the tag of each line: by default the name of the Postfix instance, or else
 *         postfix.
 *
 *     @parameters
 *
 *     **compatibility_level (0)**
 *         Postfix's parameter for the defaults of old releases. It decides on the default of **smtputf8_enable**.
 *
 *     **debugger_command (empty)**
 *         Read with **-D** alone, see there.
 *
 *     **import_environment (see postconf -d)**
 *         For other values to refer to. master(8) has cleaned the environment.
 *
 *     **mail_owner (postfix)**
 *         The user to run as.
 *
 *     **maillog_file (empty)**
 *         The file that postlogd(8) writes. master(8) tells where postlogd is; this is for other values to refer to.
 *
 *     **maillog_file_prefixes (/var, /dev/stdout)**
 *         The same.
 *
 *     **max_use (100)**
 *         Read and checked, and without effect: a cache serves on.
 *
 *     **multi_instance_name (empty)**
 *         The name of the Postfix instance; see **syslog_name**.
 *
 *     **myhostname (localhost)**
 *         The name of the host in lines for postlogd(8), unless master(8) tells one.
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
 *     docs/postfix.md, putting it in place of scache(8), step by step
 *     docs/errors.md, every message
 *     docs/limits.md, every limit, its parameter and its counter
 *     docs/security.md, what is promised and what is not
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

// master(8) begins with a single letter, people with a word or with two dashes. What is for people is loaded for people only: it takes
// as long as all the rest (standard error as a stream alone 10 ms).
if (/^-[a-zA-Z]/.test(words[0] ?? "") && words[0] !== "-h") Service.main(words, processName)
else if (words[0] === "install")
  void import("./install/main.ts").then((command) => command.main(words.slice(1), isCompiled))
else void import("./serve/main.ts").then((command) => command.main(words))
