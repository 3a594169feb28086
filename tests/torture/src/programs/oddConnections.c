/*
 * oddConnections SOCKET KIND COUNT SECONDS MILLIS: saves that many connections of a kind in a cache, each under a label of its own and for
 * so many seconds, leaves them there for so many milliseconds, and then lets their far ends leave together. It prints how many were saved.
 *
 * Kinds: unix and tcp (connections as they should be), listener (with connections that nobody accepts), multicast (a UDP socket in a
 * group), queue (a UNIX stream with messages full of descriptors), pipe. "stray" saves nothing: it sends messages full of descriptors that
 * nobody has asked for.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache.h"

enum { WAITING = 64, MESSAGES = 8, COPIES = 253 };

/* Sends one byte with so many copies of a descriptor; false where the kernel or the other side refuses. */
static int pass(int socket, int passed, int copies)
{
    static _Alignas(struct cmsghdr) char control[CMSG_SPACE(COPIES * sizeof(int))];
    char byte = 0;
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control};
    struct cmsghdr *header;

    message.msg_controllen = CMSG_SPACE((size_t) copies * sizeof(int));
    header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN((size_t) copies * sizeof(int));
    for (int index = 0; index < copies; index++)
        ((int *) CMSG_DATA(header))[index] = passed;
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

/* A TCP socket that listens on the loopback, and its address. */
static int listener(struct sockaddr_in *place)
{
    socklen_t length = sizeof *place;
    int made = socket(AF_INET, SOCK_STREAM, 0);

    memset(place, 0, sizeof *place);
    place->sin_family = AF_INET;
    place->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(made, (struct sockaddr *) place, sizeof *place) == 0, "bind");
    must(listen(made, WAITING) == 0, "listen");
    must(getsockname(made, (struct sockaddr *) place, &length) == 0, "getsockname");
    return made;
}

static int connected(const struct sockaddr_in *place)
{
    int made = socket(AF_INET, SOCK_STREAM, 0);

    must(connect(made, (const struct sockaddr *) place, sizeof *place) == 0, "connect");
    return made;
}

/* The near end of a connection of a kind; its far end, where there is one, is left in `far`. */
static int make(const char *kind, int number, int *far)
{
    static struct sockaddr_in place;
    static int door = -1;
    int pair[2];
    int near;

    *far = -1;
    if (strcmp(kind, "unix") == 0 || strcmp(kind, "queue") == 0) {
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
        *far = pair[1];
        for (int left = strcmp(kind, "queue") == 0 ? MESSAGES : 0; left > 0; left--)
            if (!pass(pair[1], STDERR_FILENO, COPIES))
                break;
        return pair[0];
    }
    if (strcmp(kind, "pipe") == 0) {
        must(pipe(pair) == 0, "pipe");
        *far = pair[1];
        return pair[0];
    }
    if (strcmp(kind, "listener") == 0) {
        struct sockaddr_in own;

        near = listener(&own);
        for (int left = WAITING; left > 0; left--)
            close(connected(&own));
        return near;
    }
    if (strcmp(kind, "multicast") == 0) {
        struct ip_mreq group;

        near = socket(AF_INET, SOCK_DGRAM, 0);
        group.imr_multiaddr.s_addr = htonl(0xefff0000u + (unsigned) number);
        group.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
        must(setsockopt(near, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0, "IP_ADD_MEMBERSHIP");
        return near;
    }
    if (door < 0)
        door = listener(&place);
    near = connected(&place);
    *far = accept(door, NULL, NULL);
    must(*far >= 0, "accept");
    return near;
}

static int hears(int cache, const char *bytes, size_t length)
{
    char buffer[64];

    return recv(cache, buffer, length, MSG_WAITALL) == (ssize_t) length && memcmp(buffer, bytes, length) == 0;
}

/* False when the cache refuses it. */
static int save(int cache, int near, int number, const char *seconds)
{
    char request[128];
    int length = snprintf(request, sizeof request, "request%csave_endp%cttl%c%s%clabel%codd %d%cproperty%cp%c%c", 0, 0, 0, seconds, 0, 0,
                          number, 0, 0, 0, 0);

    must(send(cache, request, (size_t) length, MSG_NOSIGNAL) == length, "send");
    must(hears(cache, dummy, sizeof dummy), "the cache wants the descriptor");
    must(pass(cache, near, 1), "pass the descriptor");
    return hears(cache, saved, sizeof saved);
}

int main(int count, char **words)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    struct rlimit descriptors;
    int cache = socket(AF_UNIX, SOCK_STREAM, 0);
    int wanted, kept = 0;
    int *far;

    must(count == 6, "usage: oddConnections SOCKET KIND COUNT SECONDS MILLIS");
    must(getrlimit(RLIMIT_NOFILE, &descriptors) == 0, "getrlimit");
    wanted = atoi(words[3]);
    if ((rlim_t) wanted + 100 > descriptors.rlim_cur)
        wanted = (int) descriptors.rlim_cur - 100;
    far = calloc((size_t) wanted, sizeof *far);
    strncpy(place.sun_path, words[1], sizeof place.sun_path - 1);
    must(connect(cache, (struct sockaddr *) &place, sizeof place) == 0, "connect to the cache");
    must(hears(cache, greeting, sizeof greeting), "greeting");
    for (int number = 0; number < wanted; number++) {
        if (strcmp(words[2], "stray") == 0) {
            kept += pass(cache, STDERR_FILENO, COPIES);
            usleep(1000);
            continue;
        }
        int near = make(words[2], number, &far[number]);

        kept += save(cache, near, number, words[4]);
        close(near);
    }
    usleep((useconds_t) atoi(words[5]) * 1000);
    /* The end of the process closes them, one right behind the other. */
    printf("saved %d\n", kept);
    return 0;
}
