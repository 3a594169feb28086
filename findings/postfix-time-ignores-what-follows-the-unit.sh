#!/usr/bin/env bash
# Claim: Postfix (Debian's 3.7.11) takes the digits of a time value and the one character behind them, and ignores the rest without a word:
# "1s30m" is one second, "1m30s" one minute, "10sec" ten seconds. Only a wrong first character is an error ("1x", "1S", "1 s").
#
# Why a good guess is wrong: systemd, Go and most tools read "1m30s" as 90 seconds, and programs that do not know that form reject it. postconf(5)
# describes a time as a number with an optional one-letter unit, and Postfix is strict about the letter, so a longer text looks like an error
# that would be reported. postconf(1) prints the text as it was written.
#
# Who is hurt: operators who write a compound time. A limit of "1h30m" is an hour, "0m30s" is no time at all, and nothing in the log says so.
# Programs that read main.cf and understand compound times disagree with Postfix.
#
# How it shows: scache(8) leaves when no client has come for max_idle. With max_idle=1s30m it leaves after a second and not after half an hour.
#
# Needs: bash, apt-get and dpkg-deb (Debian, x86-64 or arm64), python3. Unpacks packages in a temporary folder; installs and configures nothing.
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
libraries=$(find "$folder/unpacked" -type d -name '*-linux-gnu' | paste -sd:):$folder/unpacked/usr/lib/postfix

cat > main.cf << CONFIGURATION
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
maillog_file =
CONFIGURATION
: > master.cf

cat > run.py << 'PROGRAM'
"""Plays master(8) for scache(8): how long does it stay without a client?"""
import os, socket, subprocess, sys, time

folder, libraries, value = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(os.path.join(folder, value))
listener.listen(5)
listener.setblocking(False)
flow, status = os.pipe(), os.pipe()

def places():
    # 3 and 4 are the flow-control pipe, 5 the status channel, 6 the listening socket.
    kept = [os.dup2(number, 50 + index) for index, number in enumerate((*flow, status[1], listener.fileno()))]
    for index, number in enumerate(kept):
        os.dup2(number, 3 + index)

began = time.monotonic()
run = subprocess.run(
    [folder + "/unpacked/usr/lib/postfix/sbin/scache", "-l", "-n", "scache", "-t", "unix", "-V", "-o", "max_idle=" + value],
    preexec_fn=places, close_fds=False, timeout=60, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    env={"MAIL_CONFIG": folder, "GENERATION": "1", "LD_LIBRARY_PATH": libraries, "PATH": os.environ["PATH"]},
)
fatal = next((line for line in run.stderr.splitlines() if "fatal" in line), "")
print(fatal.split("fatal: ")[-1] if fatal else "left after %d s, status %d" % (time.monotonic() - began, run.returncode))
PROGRAM

fails=0
check() {
  local found
  found=$(python3 run.py "$folder" "$libraries" "$1")
  echo "max_idle=$1: $found"
  [[ $found =~ $2 ]] || { echo "changed: expected $2"; fails=1; }
}
# A loaded machine may need some seconds more than the one; half an hour it is not.
check 1s30m '^left after ([1-9]|1[0-9]) s, status 0$'
check 2sec '^left after ([2-9]|1[0-9]) s, status 0$'
check 1S '^parameter max_idle: bad time value or unit: 1S$'
[ "$fails" = 0 ] && echo "as stated: Postfix $version ignores what follows the unit"
exit "$fails"
