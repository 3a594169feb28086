/*
 * waiting SOCKET: a client that behaves, and measures how long it waits for each answer. It looks for what is not there, every two
 * milliseconds, and says "ready" after the first answer. When its standard input ends it asks once more and then prints how many answers
 * came, the longest wait in microseconds, and "answered", "unanswered" or "disconnected".
 *
 * A program in C, and a process of its own: neither a garbage collector nor the attack beside it adds to what it measures.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MILLIS = 2, PATIENCE_MILLIS = 10000 };

static const char greeting[] = "protocol\0connection_cache_protocol\0";
static const char request[] = "request\0find_endp\0label\0waiting\0";
static const char missing[] = "status\0002\0property\0\0";

static long answers, longest;

static void finish(const char *how)
{
    printf("%ld %ld %s\n", answers, longest, how);
    exit(0);
}

static long micros(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

/* Whether standard input has ended, after that many milliseconds at most. */
static int ends(int millis)
{
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};

    return poll(&input, 1, millis) > 0;
}

/* Waits for exactly these bytes; once the input has ended, for ten seconds more. */
static void expect(int cache, const char *bytes, size_t length)
{
    char buffer[64];
    size_t have = 0;
    long begun = micros();

    while (have < length) {
        struct pollfd looked[] = {{cache, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        int is_over = ends(0);
        ssize_t count;

        if (poll(looked, is_over ? 1 : 2, PATIENCE_MILLIS) == 0 && is_over) {
            longest = micros() - begun;
            finish("unanswered");
        }
        if (looked[0].revents == 0)
            continue;
        count = recv(cache, buffer + have, length - have, MSG_DONTWAIT);
        if (count == 0 || memcmp(buffer, bytes, have + (count < 0 ? 0 : (size_t) count)) != 0)
            finish("disconnected");
        if (count > 0)
            have += (size_t) count;
    }
}

static void ask(int cache)
{
    long begun = micros();
    long waited;

    if (send(cache, request, sizeof request, MSG_NOSIGNAL) != sizeof request)
        finish("disconnected");
    expect(cache, missing, sizeof missing);
    waited = micros() - begun;
    answers++;
    if (waited > longest)
        longest = waited;
}

int main(int count, char **words)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    int cache = socket(AF_UNIX, SOCK_STREAM, 0);

    if (count != 2)
        return 2;
    strncpy(place.sun_path, words[1], sizeof place.sun_path - 1);
    if (connect(cache, (struct sockaddr *) &place, sizeof place) != 0) {
        perror("connect to the cache");
        return 1;
    }
    expect(cache, greeting, sizeof greeting);
    ask(cache);
    answers = longest = 0;
    printf("ready\n");
    fflush(stdout);
    while (!ends(PAUSE_MILLIS))
        ask(cache);
    ask(cache);
    finish("answered");
}
