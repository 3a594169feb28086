#!/usr/bin/env bash
# Claim: `postconf -x` (Postfix, Debian's 3.7.11) does not show what a daemon makes of a value. postconf(1) expands a reference to any parameter
# of Postfix that main.cf does not set to that parameter's default. A daemon knows the defaults of the parameters that it has read so far, and
# takes every other reference for empty. With "ipc_timeout = $smtp_connect_timeout" postconf -x prints 30s, and scache(8), which never reads that
# parameter, ends with a fatal error. So it does with "ipc_timeout = $daemon_timeout" (18000s), which it reads, but later.
#
# Why a good guess is wrong: postconf(1) says that -x expands $name in parameter values, recursively, and every parameter's default is in
# `postconf -d`. Nothing there says that a daemon's answer may be another one, that it depends on the daemon, or that an unknown name is silently
# empty in a text: with "syslog_name = pf-$smtpd_banner" the log says "pf-".
#
# Who is hurt: operators who check main.cf with postconf -x and whose daemons then do not start, or log
# under another tag; programs that take the output of postconf -x for what Postfix does.
#
# Needs: bash, apt-get and dpkg-deb (Debian, x86-64 or arm64). Unpacks packages in a temporary folder; installs and configures nothing.
set -euo pipefail

version=3.7.11-0+deb12u1
folder=$(mktemp -d)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

if ! apt-get download "postfix=$version" libicu72 libdb5.3 libnsl2 libtirpc3 libsasl2-2 > log 2>&1; then
  cat log
  echo "could not be shown: postfix $version is not to be had here"
  exit 1
fi
for package in ./*.deb; do dpkg-deb --extract "$package" unpacked; done
mkdir queue data
: > master.cf
libraries=$(find "$folder/unpacked" -type d -name '*-linux-gnu' | paste -sd:):$folder/unpacked/usr/lib/postfix
run() { env -i "LD_LIBRARY_PATH=$libraries" "MAIL_CONFIG=$folder" PATH=/usr/bin:/bin "$@" 2>&1 < /dev/null || :; }

fails=0
# A setting, what postconf -x prints, and how scache's line begins: it ends there, since that limit is no time.
check() {
  local name=${1%% =*} shown said
  printf '%s\n' 'compatibility_level = 3.6' 'myhostname = mail.example.test' "queue_directory = $folder/queue" \
    "data_directory = $folder/data" 'maillog_file =' "$1" > main.cf
  touch -d 2001-01-01 main.cf master.cf
  shown=$(run "$folder/unpacked/usr/sbin/postconf" -xh "$name")
  said=$(run "$folder/unpacked/usr/lib/postfix/sbin/scache" -S -l -n scache -t unix -V -o connection_cache_ttl_limit=never | grep fatal)
  echo "$1: postconf -x: $shown; scache: $said"
  [ "$shown" = "$2" ] && [ "$said" = "$3" ] || { echo "changed: expected $2 and $3"; fails=1; }
}
never='fatal: parameter connection_cache_ttl_limit: bad time value or unit: never'
empty='postfix/scache: fatal: parameter ipc_timeout: bad time value or unit: '
# shellcheck disable=SC2016
{
  check 'ipc_timeout = $smtp_connect_timeout' 30s "$empty"
  check 'ipc_timeout = $daemon_timeout' 18000s "$empty"
  check 'syslog_name = pf-$mail_name' pf-Postfix "pf-Postfix/scache: $never"
  check 'syslog_name = pf-$smtpd_banner' 'pf-mail.example.test ESMTP Postfix' "pf-/scache: $never"
}
[ "$fails" = 0 ] && echo "as stated: what postconf -x of Postfix $version expands, a daemon may take for empty"
exit "$fails"
