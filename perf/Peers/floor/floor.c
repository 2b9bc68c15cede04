/* The floor: what one HTTP request over epoll costs when the answer is a constant. One thread, no parsing beyond framing,
 * all complete requests of a read answered by one send. Nothing useful can be cheaper on this kernel and this transport.
 * Usage: floor PORT [BODY_BYTES] */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FDS_MAX = 65536, BUFFER_BYTES = 65536, EVENTS_MAX = 512, ANSWER_BYTES_MAX = 8192 };

struct connection { char *bytes; size_t used; };

static struct connection connections[FDS_MAX];
static char answer[ANSWER_BYTES_MAX];
static size_t answer_bytes;
static char out[BUFFER_BYTES * 4];

static void die(const char *what) { perror(what); exit(1); }

static void make_answer(size_t body_bytes) {
    static const char start[] = "{\"meta\":{\"requestId\":\"req_constant\"},\"data\":{\"valid\":true,\"code\":\"VALID\",\"name\":\"";
    int head = snprintf(answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: %zu\r\n\r\n", body_bytes);
    if (body_bytes < sizeof start + 2 || head + body_bytes > sizeof answer) { fprintf(stderr, "floor: bad BODY_BYTES\n"); exit(2); }
    memset(answer + head, 'x', body_bytes);
    memcpy(answer + head, start, sizeof start - 1);
    memcpy(answer + head + body_bytes - 3, "\"}}", 3);
    answer_bytes = head + body_bytes;
}

/* Length of the first request in the bytes, or 0 when it is not complete. */
static size_t request_bytes(const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end + 4 - bytes, body = 0;
    for (const char *line = memchr(bytes, '\n', head); line && line + 1 < end; line = memchr(line + 1, '\n', end - line))
        if ((line[1] | 0x20) == 'c' && !strncasecmp(line + 1, "content-length:", 15)) { body = strtoul(line + 16, NULL, 10); break; }
    return head + body <= count ? head + body : 0;
}

static void close_connection(int fd) { free(connections[fd].bytes); memset(&connections[fd], 0, sizeof connections[fd]); close(fd); }

/* A client that does not read its answers is cut off: this is a measure, not a server. */
static int send_all(int fd, size_t count) {
    for (size_t sent = 0; sent < count;) {
        ssize_t n = send(fd, out + sent, count - sent, MSG_NOSIGNAL);
        if (n < 0) { close_connection(fd); return -1; }
        sent += n;
    }
    return 0;
}

static void serve(int fd) {
    struct connection *c = &connections[fd];
    ssize_t got = recv(fd, c->bytes + c->used, BUFFER_BYTES - c->used, 0);
    if (got <= 0) { if (got == 0 || (errno != EAGAIN && errno != EINTR)) close_connection(fd); return; }
    c->used += got;
    size_t at = 0, length, filled = 0;
    while ((length = request_bytes(c->bytes + at, c->used - at)) != 0) {
        at += length;
        if (filled + answer_bytes > sizeof out) { if (send_all(fd, filled)) return; filled = 0; }
        memcpy(out + filled, answer, answer_bytes);
        filled += answer_bytes;
    }
    memmove(c->bytes, c->bytes + at, c->used - at);
    c->used -= at;
    if (c->used == BUFFER_BYTES) { close_connection(fd); return; }
    send_all(fd, filled);
}

int main(int argc, char **argv) {
    if (argc < 2) { fprintf(stderr, "usage: floor PORT [BODY_BYTES]\n"); return 2; }
    make_answer(argc > 2 ? strtoul(argv[2], NULL, 10) : 330);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) die("listen");
    int epoll = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener }, events[EVENTS_MAX];
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) die("epoll_ctl");
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) { serve(events[i].data.fd); continue; }
            int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (fd < 0) continue;
            if (fd >= FDS_MAX) { close(fd); continue; }
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            connections[fd].bytes = malloc(BUFFER_BYTES);
            event.events = EPOLLIN;
            event.data.fd = fd;
            if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) close_connection(fd);
        }
    }
}
