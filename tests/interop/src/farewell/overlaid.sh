#!/bin/sh
# overlaid.sh TREE COMMAND...: runs a command where the packages that TREE holds lie over the machine's files, each at its own place.
# To be started in a mount namespace of its own. Whatever the command changes stays in memory, and is gone with it.
set -e
tree=$1
shift
mount -t tmpfs lab /mnt
mkdir /mnt/upper /mnt/work /mnt/merged
cp -a "$tree" /mnt/tree
# A directory would hide the link that leads to /usr.
for each in bin sbin lib lib64; do
  if test -d "/mnt/tree/$each" && test -L "/$each"; then
    cp -a "/mnt/tree/$each" /mnt/tree/usr/
    rm -r "/mnt/tree/$each"
  fi
done
mount -t overlay -o lowerdir=/mnt/tree:/,upperdir=/mnt/upper,workdir=/mnt/work lab /mnt/merged
number=9901
for name in Debian-exim opensmtpd opensmtpq dovecot dovenull; do
  home=/nonexistent
  case $name in opensmtp?) home=/var/lib/opensmtpd/empty ;; esac
  grep -q "^$name:" /etc/passwd || echo "$name:x:$number:$number::$home:/usr/sbin/nologin" >> /mnt/merged/etc/passwd
  grep -q "^$name:" /etc/group || echo "$name:x:$number:" >> /mnt/merged/etc/group
  number=$((number + 1))
done
for each in proc dev tmp; do mount --rbind "/$each" "/mnt/merged/$each"; done
exec chroot /mnt/merged "$@"
