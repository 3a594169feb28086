/*
 * killedClients SOCKET SEED: clients of a cache, a process each, that are killed with SIGKILL one after the other.
 *
 * Each saves and finds connections until it dies, and dawdles now and then, so that death comes at every stage of an exchange. It notes
 * its stage in memory that it shares with this process, which prints a line for each of the killed: the stage. A client that found
 * nobody who serves is not counted. The seed decides on what clients do and on how long they live; where exactly that finds them depends
 * on the machine.
 *
 * The far ends of what they save stay open here for a while: what is cached outlives its client.
 */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAR_ENDS = 256, LIFE_MICROS = 20000, DAWDLE_MICROS = 4000, RETRY_MICROS = 20000, LABELS = 10, TEXT_MAX = 128 };
enum stage { ELSEWHERE, REQUEST, SAVING, FOUND, UNREAD };

static const char *const names[] = {"elsewhere", "request", "saving", "found", "unread"};
static const char greeting[] = "protocol\0connection_cache_protocol\0";
static const char dummy[] = "dummy\0\0";
static const char saved[] = "status\0000\0";
static const char found[] = "status\0000\0property\0k\0";
static const char missing[] = "status\0002\0property\0\0";
static volatile enum stage *stage;
static uint32_t state;

static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % limit;
}

static void dawdle(void)
{
    if (below(2) == 0)
        usleep(below(DAWDLE_MICROS));
}

/* The end of what a client has to say, whenever the cache does not go on as it must: it may have been killed, too. */
static void leave(void)
{
    _exit(1);
}

static void put(int cache, const char *bytes, size_t length)
{
    if (send(cache, bytes, length, MSG_NOSIGNAL) != (ssize_t) length)
        leave();
}

static void expect(int cache, const char *bytes, size_t length)
{
    char buffer[TEXT_MAX];

    if (recv(cache, buffer, length, MSG_WAITALL) != (ssize_t) length || memcmp(buffer, bytes, length) != 0)
        leave();
}

/* One byte, and with it a copy of a descriptor, or room for one. */
static struct msghdr message(char *control, size_t size)
{
    static char byte;
    static struct iovec vector = {&byte, 1};

    return (struct msghdr) {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = size};
}

static void send_descriptor(int cache, int passed)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {0};
    struct msghdr carrier = message(control, sizeof control);
    struct cmsghdr *header = CMSG_FIRSTHDR(&carrier);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
    if (sendmsg(cache, &carrier, MSG_NOSIGNAL) != 1)
        leave();
}

static int receive_descriptor(int cache)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct msghdr carrier = message(control, sizeof control);
    int received;

    if (recvmsg(cache, &carrier, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&carrier) == NULL)
        leave();
    memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&carrier)), sizeof received);
    return received;
}

/* A request, in two pieces. */
static void request(int cache, const char *format, uint32_t label)
{
    char text[TEXT_MAX];
    int length = snprintf(text, sizeof text, format, label);
    int first = 1 + below(length - 1);
    int index;

    for (index = 0; index < length; index++)
        if (text[index] == '|')
            text[index] = 0;
    put(cache, text, first);
    *stage = REQUEST;
    dawdle();
    put(cache, text + first, length - first);
}

static void save(int cache, int cargo)
{
    request(cache, "request|save_endp|ttl|2|label|killed %u|property|k||", below(LABELS));
    *stage = SAVING;
    expect(cache, dummy, sizeof dummy);
    dawdle();
    send_descriptor(cache, cargo);
    dawdle();
    expect(cache, saved, sizeof saved);
    *stage = ELSEWHERE;
}

static void find(int cache)
{
    struct pollfd arrived = {cache, POLLIN, 0};
    char status[sizeof "status" + 1];
    int received;

    request(cache, "request|find_endp|label|killed %u||", below(LABELS));
    if (recv(cache, status, sizeof status, MSG_WAITALL | MSG_PEEK) != sizeof status)
        leave();
    if (status[sizeof "status"] != '0') {
        expect(cache, missing, sizeof missing);
        *stage = ELSEWHERE;
        return;
    }
    *stage = FOUND;
    expect(cache, found, sizeof found);
    dawdle();
    put(cache, dummy, sizeof dummy);
    if (poll(&arrived, 1, -1) != 1)
        leave();
    *stage = UNREAD;
    dawdle();
    received = receive_descriptor(cache);
    *stage = ELSEWHERE;
    dawdle();
    close(received);
    put(cache, dummy, sizeof dummy);
}

static int enter(const char *path)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    int cache = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(place.sun_path, path, sizeof place.sun_path - 1);
    if (cache < 0 || connect(cache, (struct sockaddr *) &place, sizeof place) < 0)
        leave();
    expect(cache, greeting, sizeof greeting);
    return cache;
}

static _Noreturn void live(const char *path, int cargo, uint32_t seed, pid_t parent)
{
    int cache;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* It may have ended before. */
    if (getppid() != parent)
        leave();
    state = seed;
    cache = enter(path);
    for (;;) {
        save(cache, cargo);
        while (below(3) != 0)
            find(cache);
    }
}

int main(int count, char **words)
{
    int far_ends[FAR_ENDS] = {0};
    int ends[2], how, index;
    uint32_t seed, micros;
    pid_t client, self = getpid();

    if (count != 3) {
        fprintf(stderr, "usage: killedClients SOCKET SEED\n");
        return 2;
    }
    state = strtoul(words[2], NULL, 10) * 2654435761u | 1;
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (index = 0;; index = (index + 1) % FAR_ENDS) {
        if (far_ends[index] != 0)
            close(far_ends[index]);
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
            perror("socketpair");
            return 1;
        }
        far_ends[index] = ends[0];
        *stage = ELSEWHERE;
        seed = below(UINT32_MAX - 1) + 1;
        micros = below(LIFE_MICROS);
        client = fork();
        if (client < 0) {
            perror("fork");
            return 1;
        }
        if (client == 0)
            live(words[1], ends[1], seed, self);
        close(ends[1]);
        usleep(micros);
        kill(client, SIGKILL);
        waitpid(client, &how, 0);
        if (WIFSIGNALED(how))
            dprintf(STDOUT_FILENO, "%s\n", names[*stage]);
        else
            usleep(RETRY_MICROS);
    }
}
