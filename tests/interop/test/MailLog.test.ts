import { expect, test } from "bun:test"
import * as MailLog from "../src/MailLog.ts"

const log = `Nov 22 10:28:53 lab postfix/smtp[31]: 4C2: to=<b@dest.test>, relay=127.0.0.1[127.0.0.1]:10026, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok)
Nov 22 10:28:53 lab postfix/smtp[31]: 4C3: to=<b@dest.test>, relay=127.0.0.1[127.0.0.1]:10026, conn_use=2, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok)
Nov 22 10:28:53 lab postfix/smtp[32]: 4C4: to=<b@dest.test>, relay=127.0.0.1[127.0.0.1]:10026, conn_use=31, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 Ok)
Nov 22 10:28:53 lab postfix/smtp[32]: 4C5: to=<b@dest.test>, relay=none, delay=0.1, delays=0/0/0/0.1, dsn=4.4.1, status=deferred (connect to 127.0.0.1: refused)
Nov  2 10:28:54 lab postfix/smtp[32]: warning: problem talking to service private/elsewhere: Connection refused
Nov  2 10:28:54 lab postfix/qmgr[33]: fatal: no queue
Nov 22 10:28:54 lab postfix/cleanup[35]: warning: file system clock is 1 seconds ahead of local clock
Nov 22 10:28:54 lab postfix/cleanup[35]: warning: resetting file time stamps - this hurts performance
Nov 22 10:28:55 lab postfix/scache[34]: statistics: start interval Nov 22 10:28:53
Nov 22 10:28:55 lab postfix/scache[34]: statistics: domain lookup hits=3 miss=1 success=75%
Nov 22 10:28:55 lab postfix/scache[34]: statistics: address lookup hits=0 miss=4 success=0%
Nov 22 10:28:55 lab postfix/scache[34]: statistics: max simultaneous domains=1 addresses=2 connection=7
Nov 22 10:28:55 lab postfix/scache[34]: warning: half a li`

test("the log is summed up: what was sent, over which connections, and every complaint", () => {
  expect(MailLog.summarize(MailLog.parse(log))).toEqual({
    sent: 3,
    reused: 2,
    useMax: 31,
    unsent: 1,
    problems: [
      "smtp[32]: warning: problem talking to service private/elsewhere: Connection refused",
      "qmgr[33]: fatal: no queue"
    ],
    broken: ["qmgr[33]: fatal: no queue"]
  })
})

test("a cache's statistics are read, one entry an interval", () => {
  expect(MailLog.statistics(MailLog.parse(log))).toEqual([
    {
      destinationHits: 3,
      destinationMisses: 1,
      endpointHits: 0,
      endpointMisses: 4,
      destinationsMax: 1,
      endpointsMax: 2,
      connectionsMax: 7
    }
  ])
})
