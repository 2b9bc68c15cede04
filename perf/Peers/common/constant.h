/* What the two C peers share: a constant answer of a given size, the end of a request, and a listener on loopback TCP or a Unix socket. */
#ifndef CONSTANT_H
#define CONSTANT_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 8192, BODY_BYTES_DEFAULT = 330 };

static inline void die(const char *what) { perror(what); exit(1); }

/* Writes head and body into the answer of ANSWER_BYTES_MAX bytes and returns the length. */
static inline size_t make_answer(char *answer, size_t body_bytes) {
    static const char start[] = "{\"meta\":{\"requestId\":\"req_constant\"},\"data\":{\"valid\":true,\"code\":\"VALID\",\"name\":\"";
    int head = snprintf(answer, ANSWER_BYTES_MAX,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: %zu\r\n\r\n", body_bytes);
    if (body_bytes < sizeof start + 2 || head + body_bytes > ANSWER_BYTES_MAX) { fprintf(stderr, "bad BODY_BYTES\n"); exit(2); }
    memset(answer + head, 'x', body_bytes);
    memcpy(answer + head, start, sizeof start - 1);
    memcpy(answer + head + body_bytes - 3, "\"}}", 3);
    return head + body_bytes;
}

/* Length of the first request in the bytes, or 0 when it is not complete. */
static inline size_t request_bytes(const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end + 4 - bytes, body = 0;
    for (const char *line = memchr(bytes, '\n', head); line && line + 1 < end; line = memchr(line + 1, '\n', end - line))
        if ((line[1] | 0x20) == 'c' && !strncasecmp(line + 1, "content-length:", 15)) { body = strtoul(line + 16, NULL, 10); break; }
    return head + body <= count ? head + body : 0;
}

/* Listens on 127.0.0.1:PORT, or on the path of unix:PATH, which must not exist. */
static inline int listen_on(const char *where, int flags) {
    int listener;
    if (!strncmp(where, "unix:", 5)) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        if (strlen(where + 5) >= sizeof address.sun_path) { fprintf(stderr, "%s: too long for a socket\n", where); exit(2); }
        strcpy(address.sun_path, where + 5);
        listener = socket(AF_UNIX, SOCK_STREAM | flags, 0);
        if (bind(listener, (struct sockaddr *)&address, sizeof address)) die(where);
    } else {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(where)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        int one = 1;
        listener = socket(AF_INET, SOCK_STREAM | flags, 0);
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(listener, (struct sockaddr *)&address, sizeof address)) die(where);
    }
    if (listen(listener, 4096)) die("listen");
    return listener;
}

/* Has no effect on a Unix socket. */
static inline void no_delay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

#endif
