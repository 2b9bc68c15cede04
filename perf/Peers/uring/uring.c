/* The floor over io_uring: multishot accept, multishot receive into provided buffers, one send of constant answers for all complete
 * requests of a receive. One thread. Needs Linux 6.1 and liburing.
 * Usage: uring PORT [BODY_BYTES], or uring --probe, which exits with 0 when this kernel lets it run. */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include "../common/constant.h"

enum {
    FDS_MAX = 65536, RING_ENTRIES = 4096, COMPLETIONS = 16384, BUFFERS = 1024, BUFFER_BYTES = 16384, BUFFER_GROUP = 1,
    CARRY_BYTES = 65536, ANSWERS_PER_SEND_MAX = 128
};
enum operation { ACCEPT, RECEIVE, SEND };

/* The bytes carried are the start of a request whose rest has not come. */
struct connection { char *carry; size_t carried; size_t answers_due; size_t answers_sending; int receiving, closing; };

static struct connection connections[FDS_MAX];
static char answers[ANSWER_BYTES_MAX * ANSWERS_PER_SEND_MAX];
static size_t answer_bytes;
static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char *buffer_bytes;

static int set_up(void) {
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, .cq_entries = COMPLETIONS
    };
    int error = io_uring_queue_init_params(RING_ENTRIES, &ring, &parameters);
    if (error) return error;
    size_t ring_bytes = BUFFERS * sizeof(struct io_uring_buf);
    if (posix_memalign((void **)&buffers, 4096, ring_bytes) || posix_memalign((void **)&buffer_bytes, 4096, (size_t)BUFFERS * BUFFER_BYTES)) return -ENOMEM;
    memset(buffers, 0, ring_bytes);
    struct io_uring_buf_reg registration = { .ring_addr = (unsigned long)buffers, .ring_entries = BUFFERS, .bgid = BUFFER_GROUP };
    error = io_uring_register_buf_ring(&ring, &registration, 0);
    if (error) return error;
    io_uring_buf_ring_init(buffers);
    for (int i = 0; i < BUFFERS; i++)
        io_uring_buf_ring_add(buffers, buffer_bytes + (size_t)i * BUFFER_BYTES, BUFFER_BYTES, i, io_uring_buf_ring_mask(BUFFERS), i);
    io_uring_buf_ring_advance(buffers, BUFFERS);
    return 0;
}

static struct io_uring_sqe *next_entry(void) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    if (!entry) { io_uring_submit(&ring); entry = io_uring_get_sqe(&ring); }
    if (!entry) { fprintf(stderr, "uring: the ring is full\n"); exit(1); }
    return entry;
}

/* What the completion will carry. After the prep function, which may clear it. */
static void mark(struct io_uring_sqe *entry, int fd, enum operation operation) { entry->user_data = (unsigned long)fd << 2 | operation; }

static void start_accept(int listener) {
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, 0);
    mark(entry, listener, ACCEPT);
}

static void start_receive(int fd) {
    struct io_uring_sqe *entry = next_entry();
    io_uring_prep_recv_multishot(entry, fd, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = BUFFER_GROUP;
    mark(entry, fd, RECEIVE);
    connections[fd].receiving = 1;
}

/* One send at a time for a connection: two could overtake each other. */
static void start_send(int fd) {
    struct connection *c = &connections[fd];
    if (c->answers_sending || !c->answers_due || c->closing) return;
    c->answers_sending = c->answers_due < ANSWERS_PER_SEND_MAX ? c->answers_due : ANSWERS_PER_SEND_MAX;
    c->answers_due -= c->answers_sending;
    struct io_uring_sqe *entry = next_entry();
    /* WAITALL: the kernel goes on after a short send. */
    io_uring_prep_send(entry, fd, answers, c->answers_sending * answer_bytes, MSG_NOSIGNAL | MSG_WAITALL);
    mark(entry, fd, SEND);
}

/* The number of a descriptor is used again only when nothing in flight carries it. */
static void close_when_idle(int fd) {
    struct connection *c = &connections[fd];
    c->closing = 1;
    if (c->receiving) { shutdown(fd, SHUT_RDWR); return; }
    if (c->answers_sending) return;
    free(c->carry);
    memset(c, 0, sizeof *c);
    close(fd);
}

/* Counts the complete requests and keeps the start of the next one. */
static int take(struct connection *c, const char *bytes, size_t count) {
    if (c->carried) {
        if (c->carried + count > CARRY_BYTES) return -1;
        memcpy(c->carry + c->carried, bytes, count);
        bytes = c->carry;
        count += c->carried;
    }
    size_t at = 0, length;
    while ((length = request_bytes(bytes + at, count - at)) != 0) { at += length; c->answers_due++; }
    c->carried = count - at;
    if (c->carried) {
        if (!c->carry) c->carry = malloc(CARRY_BYTES);
        memmove(c->carry, bytes + at, c->carried);
    }
    return 0;
}

static void on_received(int fd, const struct io_uring_cqe *completion) {
    struct connection *c = &connections[fd];
    int result = completion->res, failed = 0;
    if (!(completion->flags & IORING_CQE_F_MORE)) c->receiving = 0;
    if (completion->flags & IORING_CQE_F_BUFFER) {
        int id = completion->flags >> IORING_CQE_BUFFER_SHIFT;
        char *bytes = buffer_bytes + (size_t)id * BUFFER_BYTES;
        if (result > 0 && !c->closing) failed = take(c, bytes, result);
        io_uring_buf_ring_add(buffers, bytes, BUFFER_BYTES, id, io_uring_buf_ring_mask(BUFFERS), 0);
        io_uring_buf_ring_advance(buffers, 1);
    }
    if (c->closing || failed || result == 0 || (result < 0 && result != -ENOBUFS && result != -EINTR)) { close_when_idle(fd); return; }
    start_send(fd);
    if (!c->receiving) start_receive(fd);
}

static void on_sent(int fd, int result) {
    struct connection *c = &connections[fd];
    int whole = result >= 0 && (size_t)result == c->answers_sending * answer_bytes;
    c->answers_sending = 0;
    /* A client that does not read its answers is cut off: this is a measure, not a server. */
    if (c->closing || !whole) close_when_idle(fd);
    else start_send(fd);
}

static void on_accepted(int listener, const struct io_uring_cqe *completion) {
    int fd = completion->res;
    if (fd >= FDS_MAX) close(fd);
    else if (fd >= 0) { no_delay(fd); start_receive(fd); }
    if (!(completion->flags & IORING_CQE_F_MORE)) start_accept(listener);
}

int main(int argc, char **argv) {
    if (argc < 2) { fprintf(stderr, "usage: uring PORT [BODY_BYTES] | --probe\n"); return 2; }
    int error = set_up();
    if (error) { fprintf(stderr, "uring: io_uring with provided buffers cannot be used here: %s\n", strerror(-error)); return 3; }
    if (!strcmp(argv[1], "--probe")) return 0;
    answer_bytes = make_answer(answers, argc > 2 ? strtoul(argv[2], NULL, 10) : BODY_BYTES_DEFAULT);
    for (int i = 1; i < ANSWERS_PER_SEND_MAX; i++) memcpy(answers + i * answer_bytes, answers, answer_bytes);
    start_accept(listen_on(argv[1], 0));
    for (;;) {
        error = io_uring_submit_and_wait(&ring, 1);
        if (error < 0 && error != -EINTR) { fprintf(stderr, "uring: %s\n", strerror(-error)); return 1; }
        struct io_uring_cqe *completion;
        unsigned head, seen = 0;
        io_uring_for_each_cqe(&ring, head, completion) {
            int fd = completion->user_data >> 2;
            seen++;
            switch (completion->user_data & 3) {
                case ACCEPT: on_accepted(fd, completion); break;
                case RECEIVE: on_received(fd, completion); break;
                case SEND: on_sent(fd, completion->res); break;
            }
        }
        io_uring_cq_advance(&ring, seen);
    }
}
