/*
 * client SOCKET CLIENTS SECONDS: the cycle save_endp, save_dest, find_dest, by many clients over one epoll set.
 *
 * It shares no code with scache-bench, so that one can check the other. It prints one line: operations a second, the 50th and 99th percentile
 * and the maximum of their latency, and the server's CPU time an operation (by the peer's process, from /proc). Half a second at the
 * start is not counted. Any answer other than success ends it with exit code 1.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { READ_MAX = 4096, EVENTS_MAX = 256, SLOTS = 1 << 22 };
enum state { GREETING, SAVE_DUMMY, SAVE_STATUS, BIND_STATUS, FIND_STATUS, FIND_DESCRIPTOR };

struct request {
    char bytes[512];
    size_t length;
};

struct client {
    int fd;
    enum state state;
    long long started;
    size_t held;
    struct request save, bind, find;
    char buffer[READ_MAX];
};

static const char dummy[] = "dummy\0\0";
static int cargo;
static long operations;
static unsigned *latencies;     /* how many operations took so many microseconds */

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void wrong(const char *what)
{
    fprintf(stderr, "client: unexpected answer to %s\n", what);
    exit(1);
}

static long long now_nanos(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void add(struct request *request, const char *name, const char *value)
{
    memcpy(request->bytes + request->length, name, strlen(name) + 1);
    request->length += strlen(name) + 1;
    memcpy(request->bytes + request->length, value, strlen(value) + 1);
    request->length += strlen(value) + 1;
}

static void prepare(struct client *client, int number)
{
    char endpoint[80], destination[80], properties[101] = {0};

    memset(properties, 'p', 100);
    snprintf(endpoint, sizeof endpoint, "smtp\n[192.0.2.%d]:25\nclient-%d-mail.example.com", number % 250, number);
    snprintf(destination, sizeof destination, "smtp\nexample-%d.com\n*", number);
    add(&client->save, "request", "save_endp");
    add(&client->save, "ttl", "60");
    add(&client->save, "label", endpoint);
    add(&client->save, "property", properties);
    add(&client->bind, "request", "save_dest");
    add(&client->bind, "ttl", "60");
    add(&client->bind, "label", destination);
    add(&client->bind, "property", "");
    add(&client->bind, "label", endpoint);
    add(&client->find, "request", "find_dest");
    add(&client->find, "label", destination);
    /* The terminator of each list is a NUL, which the zeroed memory already holds. */
    client->save.length++;
    client->bind.length++;
    client->find.length++;
}

static void send_bytes(struct client *client, const char *bytes, size_t length)
{
    if (send(client->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t) length)
        fail("send");
}

static void begin(struct client *client, const struct request *request, enum state state)
{
    client->started = now_nanos();
    client->state = state;
    send_bytes(client, request->bytes, request->length);
}

static void finish(struct client *client)
{
    long long micros = (now_nanos() - client->started) / 1000;

    latencies[micros < SLOTS ? micros : SLOTS - 1]++;
    operations++;
}

static void send_cargo(struct client *client)
{
    char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &cargo, sizeof(int));
    if (sendmsg(client->fd, &message, MSG_NOSIGNAL) != 1)
        fail("sendmsg");
}

static void receive_cargo(struct client *client)
{
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header;
    int received;

    if (recvmsg(client->fd, &message, 0) != 1)
        fail("recvmsg");
    if ((header = CMSG_FIRSTHDR(&message)) == NULL)
        wrong("find_dest: no descriptor");
    memcpy(&received, CMSG_DATA(header), sizeof(int));
    close(received);
    send_bytes(client, dummy, sizeof dummy);
    finish(client);
    begin(client, &client->save, SAVE_DUMMY);
}

/* Whether the buffer holds one whole list; a client that asks one thing at a time never holds more. */
static int whole_list(struct client *client)
{
    size_t at = 0;

    while (at < client->held) {
        const char *end;
        int part;

        if (client->buffer[at] == 0) {
            if (at + 1 != client->held)
                wrong("one request: more than one list");
            return 1;
        }
        for (part = 0; part < 2; part++) {
            if ((end = memchr(client->buffer + at, 0, client->held - at)) == NULL)
                return 0;
            at = (size_t) (end + 1 - client->buffer);
            if (part == 0 && at == client->held)
                return 0;
        }
    }
    return 0;
}

static void expect_success(struct client *client, const char *request)
{
    if (memcmp(client->buffer, "status\0" "0", 9) != 0)
        wrong(request);
}

static void serve(struct client *client)
{
    ssize_t received;

    if (client->state == FIND_DESCRIPTOR) {
        receive_cargo(client);
        return;
    }
    if ((received = recv(client->fd, client->buffer + client->held, READ_MAX - client->held, 0)) <= 0)
        fail("recv");
    client->held += (size_t) received;
    if (!whole_list(client))
        return;
    client->held = 0;
    switch (client->state) {
    case GREETING:
        begin(client, &client->save, SAVE_DUMMY);
        break;
    case SAVE_DUMMY:
        client->state = SAVE_STATUS;
        send_cargo(client);
        break;
    case SAVE_STATUS:
        expect_success(client, "save_endp");
        finish(client);
        begin(client, &client->bind, BIND_STATUS);
        break;
    case BIND_STATUS:
        expect_success(client, "save_dest");
        finish(client);
        begin(client, &client->find, FIND_STATUS);
        break;
    case FIND_STATUS:
        expect_success(client, "find_dest");
        client->state = FIND_DESCRIPTOR;
        send_bytes(client, dummy, sizeof dummy);
        break;
    case FIND_DESCRIPTOR:
        break;
    }
}

/* The CPU time of the process at the other end, in nanoseconds; schedstat counts finer than the ticks of stat. */
static long long server_cpu_nanos(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    char path[64];
    long long nanos = 0;
    FILE *file;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        fail("SO_PEERCRED");
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int) peer.pid);
    if ((file = fopen(path, "r")) == NULL || fscanf(file, "%lld", &nanos) != 1)
        fail(path);
    fclose(file);
    return nanos;
}

static long long percentile_micros(double share)
{
    long seen = 0;
    long long micros;

    for (micros = 0; micros < SLOTS; micros++)
        if ((seen += latencies[micros]) >= share * operations && seen > 0)
            return micros;
    return SLOTS;
}

static struct client *connect_client(const char *path, int number)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct client *client = calloc(1, sizeof *client);

    if (client == NULL || strlen(path) >= sizeof address.sun_path)
        fail(path);
    strcpy(address.sun_path, path);
    if ((client->fd = socket(AF_UNIX, SOCK_STREAM, 0)) < 0 || connect(client->fd, (struct sockaddr *) &address, sizeof address) < 0)
        fail(path);
    prepare(client, number);
    return client;
}

int main(int count, char **arguments)
{
    struct epoll_event events[EVENTS_MAX];
    int clients, epoll, pair[2], index, ready, counting = 0;
    long long seconds_nanos, begun, cpu = 0;
    struct client *first = NULL;

    if (count != 4 || (clients = atoi(arguments[2])) < 1 || atof(arguments[3]) <= 0) {
        fprintf(stderr, "usage: client SOCKET CLIENTS SECONDS\n");
        return 2;
    }
    seconds_nanos = (long long) (atof(arguments[3]) * 1e9);
    if ((latencies = calloc(SLOTS, sizeof *latencies)) == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        fail("start");
    cargo = pair[0];
    if ((epoll = epoll_create1(0)) < 0)
        fail("epoll_create1");
    for (index = 0; index < clients; index++) {
        struct client *client = connect_client(arguments[1], index);
        struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = client}};

        if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
            fail("epoll_ctl");
        first = client;
    }
    begun = now_nanos();
    for (;;) {
        long long now = now_nanos();

        if (!counting && now - begun > 500000000LL) {
            counting = 1;
            operations = 0;
            memset(latencies, 0, SLOTS * sizeof *latencies);
            begun = now;
            cpu = server_cpu_nanos(first->fd);
        } else if (counting && now - begun > seconds_nanos)
            break;
        if ((ready = epoll_wait(epoll, events, EVENTS_MAX, 1000)) < 0)
            fail("epoll_wait");
        for (index = 0; index < ready; index++)
            serve(events[index].data.ptr);
    }
    cpu = server_cpu_nanos(first->fd) - cpu;
    printf("clients %d operations/s %.0f p50 %lld us p99 %lld us p99.9 %lld us max %lld us server CPU %.2f us an operation, %.0f%% busy\n", clients,
           operations * 1e9 / (double) (now_nanos() - begun), percentile_micros(0.5), percentile_micros(0.99), percentile_micros(0.999),
           percentile_micros(1.0), cpu / 1e3 / operations, 100.0 * cpu / (double) (now_nanos() - begun));
    return 0;
}
