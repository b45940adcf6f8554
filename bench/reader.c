/*
 * The boards of the bench: TFTP clients in one process, the same ones for every server that is measured, and fast
 * enough not to be what is measured. Prints one line of JSON; the figures of each client are in microseconds.
 *
 *   reader get|put HOST PORT NAME BLKSIZE WINDOWSIZE CLIENTS AT_ONCE DELAY_US FILE
 *
 * FILE is what is put, and what each block that is got is compared with; "-" compares nothing. DELAY_US holds each
 * answer back: the round trip of a link, for who is measured. AT_ONCE clients run side by side, until CLIENTS did.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RRQ = 1, WRQ, DATA, ACK, ERROR, OACK };
enum { LONGEST = 65536, BATCH = 64, RESEND_US = 500000, GIVE_UP_US = 10000000 };

struct client {
  int fd, known, done;           /* known: the server's port for this transfer has been seen */
  uint64_t block, bytes;         /* the last block that came, or that was acknowledged; never wraps */
  unsigned blksize, windowsize, unanswered, resent;
  int64_t first, ended, spoke, began;
  size_t length;                 /* of what would be said again */
  uint8_t said[600];
};

static int putting;
static const char *name, *wanted_blksize, *wanted_windowsize;
static struct sockaddr_in server;
static const uint8_t *file;
static uint64_t size;
static int64_t delay_us, held_us, holds;
static uint8_t packets[BATCH][LONGEST];

_Noreturn static void fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void put16(uint8_t *at, unsigned value) {
  at[0] = value >> 8;
  at[1] = value;
}

static unsigned get16(const uint8_t *at) { return at[0] << 8 | at[1]; }

static void say(struct client *c) {
  c->spoke = now();
  struct sockaddr *to = c->known ? NULL : (struct sockaddr *)&server;
  if (sendto(c->fd, c->said, c->length, 0, to, to ? sizeof server : 0) < 0 && errno != ECONNREFUSED)
    fail("send: %s", strerror(errno));
}

static size_t text(uint8_t *at, const char *string) {
  strcpy((char *)at, string);
  return strlen(string) + 1;
}

static void begin(struct client *c) {
  int buffer = 8 << 20;
  struct timeval patience = {0, RESEND_US};
  memset(c, 0, sizeof *c);
  c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0) fail("socket: %s", strerror(errno));
  setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  c->blksize = 512;
  c->windowsize = 1;
  uint8_t *at = c->said;
  put16(at, putting ? WRQ : RRQ);
  at += 2;
  at += text(at, name);
  at += text(at, "octet");
  if (strcmp(wanted_blksize, "512")) at += text(at, "blksize"), at += text(at, wanted_blksize);
  if (strcmp(wanted_windowsize, "1")) at += text(at, "windowsize"), at += text(at, wanted_windowsize);
  c->length = at - c->said;
  c->began = now();
  say(c);
}

static void end(struct client *c) {
  c->ended = now();
  c->done = 1;
  close(c->fd);
}

static void options(struct client *c, const uint8_t *bytes, size_t length) {
  for (size_t at = 2; at < length;) {
    const char *key = (const char *)bytes + at, *value = key + strlen(key) + 1;
    if (!strcasecmp(key, "blksize")) c->blksize = atoi(value);
    if (!strcasecmp(key, "windowsize")) c->windowsize = atoi(value);
    at = (const uint8_t *)value + strlen(value) + 1 - bytes;
  }
}

static void acknowledge(struct client *c) {
  /* Spinning: a sleep would come back tens of microseconds late. */
  if (delay_us > 0) {
    int64_t from = now(), passed = 0;
    while (passed < delay_us) passed = now() - from;
    held_us += passed;
    holds++;
  }
  put16(c->said, ACK);
  put16(c->said + 2, c->block);
  c->length = 4;
  c->unanswered = 0;
  say(c);
}

/* The next window of the file that is put. */
static void supply(struct client *c) {
  static struct mmsghdr messages[BATCH];
  static struct iovec parts[BATCH][2];
  static uint8_t headers[BATCH][4];
  uint64_t last = size / c->blksize + 1;
  unsigned count = 0;
  for (; count < c->windowsize && count < BATCH && c->block + count < last; count++) {
    uint64_t at = (c->block + count) * c->blksize;
    put16(headers[count], DATA);
    put16(headers[count] + 2, c->block + count + 1);
    parts[count][0] = (struct iovec){headers[count], 4};
    parts[count][1] = (struct iovec){(void *)(file + at), size - at < c->blksize ? size - at : c->blksize};
    messages[count].msg_hdr = (struct msghdr){.msg_iov = parts[count], .msg_iovlen = 2};
  }
  c->spoke = now();
  for (unsigned sent = 0; sent < count;) {
    int more = sendmmsg(c->fd, messages + sent, count - sent, 0);
    if (more < 0) fail("sendmmsg: %s", strerror(errno));
    sent += more;
  }
}

static void acknowledged(struct client *c, unsigned number) {
  unsigned count = (number - c->block) & 0xffff;
  uint64_t last = size / c->blksize + 1;
  if (count > c->windowsize || (count == 0 && c->block > 0)) return;
  if (c->first == 0) c->first = now();
  c->block += count;
  c->bytes = c->block >= last ? size : c->block * c->blksize;
  if (c->block >= last) end(c);
  else supply(c);
}

static void data(struct client *c, const uint8_t *bytes, size_t length) {
  if (get16(bytes + 2) != ((c->block + 1) & 0xffff)) {
    /* A block was lost, or the last one comes twice: the last one in order is told again. */
    unsigned ahead = (get16(bytes + 2) - c->block) & 0xffff;
    if (c->unanswered > 0 || c->windowsize == 1 || ahead > c->windowsize) return;
    c->resent++;
    acknowledge(c);
    return;
  }
  if (c->first == 0) c->first = now();
  size_t count = length - 4;
  if (file && (c->bytes + count > size || memcmp(file + c->bytes, bytes + 4, count)))
    fail("%s: wrong bytes in block %llu", name, (unsigned long long)c->block + 1);
  c->block++;
  c->bytes += count;
  c->unanswered++;
  int last = count < c->blksize;
  if (last || c->unanswered >= c->windowsize) acknowledge(c);
  if (last) end(c);
}

static void heard(struct client *c, const uint8_t *bytes, size_t length, struct sockaddr_in *from) {
  if (length < 4 || c->done) return;
  if (!c->known) {
    if (connect(c->fd, (struct sockaddr *)from, sizeof *from) < 0) fail("connect: %s", strerror(errno));
    c->known = 1;
  }
  switch (get16(bytes)) {
  case DATA: data(c, bytes, length); break;
  case ACK: acknowledged(c, get16(bytes + 2)); break;
  case ERROR: fail("%s: ERROR %u: %.*s", name, get16(bytes + 2), (int)length - 4, bytes + 4);
  case OACK:
    options(c, bytes, length);
    if (putting) acknowledged(c, 0);
    else acknowledge(c);
  }
}

/* @returns 0 when nothing was there */
static int receive(struct client *c, int flags) {
  static struct mmsghdr messages[BATCH];
  static struct iovec parts[BATCH];
  static struct sockaddr_in from[BATCH];
  unsigned most = c->windowsize < BATCH ? c->windowsize : BATCH;
  for (unsigned index = 0; index < most; index++) {
    parts[index] = (struct iovec){packets[index], LONGEST};
    messages[index].msg_hdr = (struct msghdr){
        .msg_iov = &parts[index], .msg_iovlen = 1, .msg_name = &from[index], .msg_namelen = sizeof from[index]};
  }
  int count = recvmmsg(c->fd, messages, most, flags, NULL);
  for (int index = 0; index < count; index++) heard(c, packets[index], messages[index].msg_len, &from[index]);
  return count > 0;
}

static void late(struct client *c) {
  int64_t time = now();
  if (time - c->spoke < RESEND_US) return;
  if (time - c->spoke > GIVE_UP_US || c->resent > 100) fail("%s: the server is silent", name);
  c->resent++;
  if (putting && c->first) supply(c);
  else if (c->unanswered > 0) acknowledge(c);
  else say(c);
}

static void run(struct client *clients, int total, int at_once) {
  if (at_once == 1) {
    for (int index = 0; index < total; index++)
      for (begin(&clients[index]); !clients[index].done;)
        if (!receive(&clients[index], MSG_WAITFORONE)) late(&clients[index]);
    return;
  }
  struct pollfd *polls = calloc(at_once, sizeof *polls);
  struct client **running = calloc(at_once, sizeof *running);
  int begun = 0, active = 0;
  for (; begun < at_once; begun++, active++) begin(running[begun] = &clients[begun]);
  for (int64_t looked = now(); active > 0;) {
    for (int index = 0; index < active; index++) polls[index] = (struct pollfd){running[index]->fd, POLLIN, 0};
    poll(polls, active, 100);
    for (int index = 0; index < active; index++)
      if (polls[index].revents) receive(running[index], MSG_DONTWAIT);
    if (now() - looked > RESEND_US / 4) {
      for (int index = 0; index < active; index++)
        if (!running[index]->done) late(running[index]);
      looked = now();
    }
    for (int index = 0; index < active;) {
      if (!running[index]->done) index++;
      else if (begun < total) begin(running[index++] = &clients[begun++]);
      else running[index] = running[--active];
    }
  }
}

static void print(const char *label, struct client *clients, int total, int ended) {
  printf(",\"%s\":[", label);
  for (int index = 0; index < total; index++)
    printf("%s%lld", index ? "," : "",
           (long long)((ended ? clients[index].ended : clients[index].first) - clients[index].began));
  printf("]");
}

int main(int count, char **words) {
  if (count != 11) fail("reader get|put HOST PORT NAME BLKSIZE WINDOWSIZE CLIENTS AT_ONCE DELAY_US FILE");
  putting = !strcmp(words[1], "put");
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(words[3]))};
  if (inet_pton(AF_INET, words[2], &server.sin_addr) != 1) fail("%s is no address", words[2]);
  name = words[4];
  wanted_blksize = words[5];
  wanted_windowsize = words[6];
  int total = atoi(words[7]), at_once = atoi(words[8]);
  delay_us = atoi(words[9]);
  if (strcmp(words[10], "-")) {
    int fd = open(words[10], O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0) fail("%s: %s", words[10], strerror(errno));
    size = status.st_size;
    file = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (file == MAP_FAILED) fail("mmap: %s", strerror(errno));
  }
  struct rlimit files = {8192, 8192};
  setrlimit(RLIMIT_NOFILE, &files);
  struct client *clients = calloc(total, sizeof *clients);
  int64_t started = now();
  run(clients, total, at_once < total ? at_once : total);
  int64_t elapsed = now() - started;
  uint64_t bytes = 0, resent = 0;
  for (int index = 0; index < total; index++) bytes += clients[index].bytes, resent += clients[index].resent;
  printf("{\"bytes\":%llu,\"us\":%lld,\"resent\":%llu,\"blksize\":%u,\"windowsize\":%u", (unsigned long long)bytes,
         (long long)elapsed, (unsigned long long)resent, clients[0].blksize, clients[0].windowsize);
  if (holds > 0) printf(",\"heldUs\":%.1f", (double)held_us / holds);
  print("firstUs", clients, total, 0);
  print("endedUs", clients, total, 1);
  puts("}");
  return 0;
}
