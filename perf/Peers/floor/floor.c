/* The floor: what one HTTP request over epoll costs when the answer is a constant. One thread, no parsing beyond framing,
 * all complete requests of a read answered by one send. Nothing useful can be cheaper on this kernel and this transport.
 * Usage: floor PORT|unix:PATH [BODY_BYTES] */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include "../common/constant.h"

enum { FDS_MAX = 65536, BUFFER_BYTES = 65536, EVENTS_MAX = 512 };

struct connection { char *bytes; size_t used; };

static struct connection connections[FDS_MAX];
static char answer[ANSWER_BYTES_MAX];
static size_t answer_bytes;
static char out[BUFFER_BYTES * 4];

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
    if (argc < 2) { fprintf(stderr, "usage: floor PORT|unix:PATH [BODY_BYTES]\n"); return 2; }
    answer_bytes = make_answer(answer, argc > 2 ? strtoul(argv[2], NULL, 10) : BODY_BYTES_DEFAULT);
    int listener = listen_on(argv[1], SOCK_NONBLOCK);
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
            no_delay(fd);
            connections[fd].bytes = malloc(BUFFER_BYTES);
            event.events = EPOLLIN;
            event.data.fd = fd;
            if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) close_connection(fd);
        }
    }
}
