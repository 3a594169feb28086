/**
 * The facilities of syslog(3) that `syslog_facility` may name, with their numbers.
 */

/**
 * The number of each facility, before it is multiplied by 8. `kern` is the kernel's own: the C library lets no program use it, and
 * what a Postfix program logs to it goes to `mail`.
 *
 * @category constants
 */
export const numberOfFacility = {
  auth: 4,
  authpriv: 10,
  cron: 9,
  daemon: 3,
  ftp: 11,
  kern: 2,
  lpr: 6,
  mail: 2,
  news: 7,
  syslog: 5,
  user: 1,
  uucp: 8,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23
} as const

/**
 * The name of a facility.
 *
 * @category models
 */
export type SyslogFacility = keyof typeof numberOfFacility

// It cannot lie: these are the keys of the table above.
/**
 * All names, in lower case, as they must be written.
 *
 * @category constants
 */
export const facilities = Object.keys(numberOfFacility) as ReadonlyArray<SyslogFacility>
