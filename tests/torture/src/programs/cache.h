/* What programs that save something in a cache have in common. */
#ifndef CACHE_H
#define CACHE_H

#include <stdio.h>
#include <stdlib.h>

static const char greeting[] = "protocol\0connection_cache_protocol\0";
static const char dummy[] = "dummy\0\0";
static const char saved[] = "status\0000\0";

static void must(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

#endif
