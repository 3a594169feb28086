/*
 * lingering SOCKET: saves a TCP connection in a cache, for a second, whose close has to wait for its peer, for an hour: it was told to
 * linger (SO_LINGER), and what was sent on it can never arrive, since its far end, which stays open here, does not read.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache.h"

enum { LINGER_SECONDS = 3600, CHUNK = 65536 };

static const char request[] = "request\0save_endp\0ttl\0001\0label\0lingering\0property\0p\0";

static void expect(int cache, const char *bytes, size_t length)
{
    char buffer[64];

    must(recv(cache, buffer, length, MSG_WAITALL) == (ssize_t) length && memcmp(buffer, bytes, length) == 0, "answer");
}

/* The near end; the far one is left open. */
static int connection(void)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof place;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int near = socket(AF_INET, SOCK_STREAM, 0);

    must(bind(listener, (struct sockaddr *) &place, sizeof place) == 0, "bind");
    must(listen(listener, 1) == 0, "listen");
    must(getsockname(listener, (struct sockaddr *) &place, &length) == 0, "getsockname");
    must(connect(near, (struct sockaddr *) &place, sizeof place) == 0, "connect");
    must(accept(listener, NULL, NULL) >= 0, "accept");
    return near;
}

int main(int count, char **words)
{
    static const struct linger linger = {1, LINGER_SECONDS};
    static char chunk[CHUNK];
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec byte = {chunk, 1};
    struct msghdr carrier = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&carrier);
    int cache = socket(AF_UNIX, SOCK_STREAM, 0);
    int near = connection();

    must(count == 2, "usage: lingering SOCKET");
    must(setsockopt(near, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0, "SO_LINGER");
    must(fcntl(near, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
    while (send(near, chunk, sizeof chunk, MSG_NOSIGNAL) > 0);

    strncpy(place.sun_path, words[1], sizeof place.sun_path - 1);
    must(connect(cache, (struct sockaddr *) &place, sizeof place) == 0, "connect to the cache");
    expect(cache, greeting, sizeof greeting);
    must(send(cache, request, sizeof request, MSG_NOSIGNAL) == sizeof request, "send");
    expect(cache, dummy, sizeof dummy);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof near);
    memcpy(CMSG_DATA(header), &near, sizeof near);
    must(sendmsg(cache, &carrier, MSG_NOSIGNAL) == 1, "sendmsg");
    /* The cache has it from here on, so that this close is not the last one. */
    close(near);
    expect(cache, saved, sizeof saved);
    close(cache);
    pause();
    return 0;
}
