/*
 * floor SOCKET: the least a server can do for the connection cache protocol, to compare caches with.
 *
 * It moves the same bytes and descriptors as a cache, in the same order and over one epoll set, but keeps no more than a queue of connections: no
 * labels, no expiry, no limits, no checks beyond what keeps the conversation in step. What a cache needs above this is its own work; what
 * this needs is the kernel's. It is a measuring stick, never a cache: whoever asks gets the oldest connection, whoever saved it.
 *
 * It serves save_endp, save_dest, find_endp and find_dest, one request at a time a client, and ends on SIGTERM.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_MAX = 8192, TEXT_MAX = 4096, EVENTS_MAX = 256 };
enum state { REQUEST, DESCRIPTOR };

struct connection {
    struct connection *newer;
    int fd;
    size_t properties_length;
    char properties[];
};

static struct connection *oldest, *newest;
static int clients;

struct client {
    int fd;
    struct connection *found;   /* the connection that it is being given */
    enum state state;
    int dummies;            /* acknowledgements that are due before the next request */
    size_t held;            /* bytes of a list that is not whole yet */
    size_t properties_length;
    char properties[TEXT_MAX];
    char buffer[READ_MAX];
};

static const char greeting[] = "protocol\0connection_cache_protocol\0";
static const char dummy[] = "dummy\0\0";
static const char done[] = "status\0" "0\0";
static const char missed[] = "status\0" "2\0" "property\0";

static void fail(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void forget(struct connection *connection)
{
    close(connection->fd);
    free(connection);
}

/* With the last client all goes that is kept: the next ones begin with nothing. */
static void leave(struct client *client)
{
    struct connection *kept;

    if (client->found != NULL)
        forget(client->found);
    close(client->fd);
    free(client);
    if (--clients > 0)
        return;
    while ((kept = oldest) != NULL) {
        oldest = kept->newer;
        forget(kept);
    }
}

static int send_bytes(struct client *client, const char *bytes, size_t length)
{
    return send(client->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t) length;
}

static int send_descriptor(struct client *client)
{
    char byte = 0;
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &client->found->fd, sizeof(int));
    return sendmsg(client->fd, &message, MSG_NOSIGNAL) == 1;
}

static int receive_descriptor(struct client *client)
{
    char byte;
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header;
    struct connection *saved;

    if (recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC) != 1)
        return errno == EAGAIN ? 1 : 0;
    if ((header = CMSG_FIRSTHDR(&message)) == NULL)
        return 0;
    if ((saved = malloc(sizeof *saved + client->properties_length + 1)) == NULL)
        fail("malloc");
    memcpy(&saved->fd, CMSG_DATA(header), sizeof(int));
    memcpy(saved->properties, client->properties, client->properties_length + 1);
    saved->properties_length = client->properties_length;
    saved->newer = NULL;
    if (oldest == NULL)
        oldest = saved;
    else
        newest->newer = saved;
    newest = saved;
    client->state = REQUEST;
    return send_bytes(client, done, sizeof done);
}

/* The length of the list at the start of the bytes, its terminator included, or 0 while it is not whole. */
static size_t list_length(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        const char *name_end, *value_end;

        if (bytes[at] == 0)
            return at + 1;
        if ((name_end = memchr(bytes + at, 0, length - at)) == NULL)
            return 0;
        name_end++;
        if ((value_end = memchr(name_end, 0, length - (size_t) (name_end - bytes))) == NULL)
            return 0;
        at = (size_t) (value_end + 1 - bytes);
    }
    return 0;
}

/* The value of the first attribute of this name, or NULL. */
static const char *value_of(const char *list, const char *name)
{
    while (*list != 0) {
        const char *value = list + strlen(list) + 1;

        if (strcmp(list, name) == 0)
            return value;
        list = value + strlen(value) + 1;
    }
    return NULL;
}

static int answer_find(struct client *client, int destination)
{
    char reply[TEXT_MAX + 64];
    size_t length = 0;

    if ((client->found = oldest) == NULL) {
        memcpy(reply, missed, sizeof missed);
        length = sizeof missed;             /* the array's own NUL is the empty value's */
        if (destination) {
            memcpy(reply + length, "property\0", 10);
            length += 10;
        }
        reply[length++] = 0;
        return send_bytes(client, reply, length);
    }
    oldest = client->found->newer;
    memcpy(reply, "status\0" "0\0", 9);
    length = 9;
    if (destination) {
        memcpy(reply + length, "property\0", 10);
        length += 10;
    }
    memcpy(reply + length, "property", 9);
    length += 9;
    memcpy(reply + length, client->found->properties, client->found->properties_length + 1);
    length += client->found->properties_length + 1;
    reply[length++] = 0;
    client->dummies = 2;
    return send_bytes(client, reply, length);
}

static int serve_list(struct client *client, const char *list)
{
    const char *request;

    if (client->dummies > 0) {
        if (strcmp(list, "dummy") != 0)
            return 0;
        if (--client->dummies == 1)
            return send_descriptor(client);
        forget(client->found);
        client->found = NULL;
        return 1;
    }
    if ((request = value_of(list, "request")) == NULL)
        return 0;
    if (strcmp(request, "save_endp") == 0) {
        const char *properties = value_of(list, "property");

        if (properties == NULL || strlen(properties) >= TEXT_MAX)
            return 0;
        client->properties_length = strlen(properties);
        memcpy(client->properties, properties, client->properties_length + 1);
        client->state = DESCRIPTOR;
        return send_bytes(client, dummy, sizeof dummy);
    }
    if (strcmp(request, "save_dest") == 0)
        return send_bytes(client, done, sizeof done);
    if (strcmp(request, "find_dest") == 0)
        return answer_find(client, 1);
    if (strcmp(request, "find_endp") == 0)
        return answer_find(client, 0);
    return 0;
}

static int serve(struct client *client)
{
    size_t at = 0, length;
    ssize_t received;

    if (client->state == DESCRIPTOR)
        return receive_descriptor(client);
    received = recv(client->fd, client->buffer + client->held, READ_MAX - client->held, 0);
    if (received <= 0)
        return received < 0 && errno == EAGAIN;
    client->held += (size_t) received;
    while (client->state == REQUEST && (length = list_length(client->buffer + at, client->held - at)) > 0) {
        if (!serve_list(client, client->buffer + at))
            return 0;
        at += length;
    }
    memmove(client->buffer, client->buffer + at, client->held - at);
    client->held -= at;
    return client->held < READ_MAX;
}

static void accept_clients(int listener, int epoll)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct client *client = calloc(1, sizeof *client);
        struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = client}};

        if (client == NULL)
            fail("calloc");
        client->fd = fd;
        clients++;
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
            fail("epoll_ctl");
        if (!send_bytes(client, greeting, sizeof greeting))
            leave(client);
    }
}

int main(int count, char **arguments)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event events[EVENTS_MAX], event = {.events = EPOLLIN, .data = {.ptr = NULL}};
    int listener, epoll, ready, index;

    if (count != 2 || strlen(arguments[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: floor SOCKET\n");
        return 2;
    }
    strcpy(address.sun_path, arguments[1]);
    unlink(arguments[1]);
    if ((listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
        fail("socket");
    if (bind(listener, (struct sockaddr *) &address, sizeof address) < 0 || listen(listener, 1024) < 0)
        fail(arguments[1]);
    if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        fail("epoll");
    for (;;) {
        if ((ready = epoll_wait(epoll, events, EVENTS_MAX, -1)) < 0 && errno != EINTR)
            fail("epoll_wait");
        for (index = 0; index < ready; index++) {
            struct client *client = events[index].data.ptr;

            if (client == NULL)
                accept_clients(listener, epoll);
            else if (!serve(client))
                leave(client);
        }
    }
}
