/*
 * A board that collects a drop of small files over FTP (RFC 959): one control connection, and for each file EPSV
 * (RFC 2428), RETR, the bytes, 226. curl 7.88 is not used for it: it may wait a second for a reply that it has
 * already read. Prints one line of JSON.
 *
 *   collector HOST PORT FOLDER FILES LENGTH
 *
 * The files are FOLDER/0.bin and so on, each of LENGTH bytes.
 */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int control;
static struct sockaddr_in server;
static char replies[4096];
static size_t filled;

_Noreturn static void fail(const char *what, const char *text) {
  fprintf(stderr, "%s: %s\n", what, text);
  exit(1);
}

static int dial(int port) {
  struct timeval patience = {10, 0};
  int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  server.sin_port = htons(port);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) fail("connect", "the server refuses");
  return fd;
}

/* The next reply's last line, which has to begin with a digit of `wanted`. */
static const char *expect(const char *wanted) {
  static char line[sizeof replies];
  for (;;) {
    char *end = memchr(replies, '\n', filled);
    if (end == NULL) {
      ssize_t count = filled < sizeof replies ? recv(control, replies + filled, sizeof replies - filled, 0) : 0;
      if (count <= 0) fail("silent", "the control connection");
      filled += count;
      continue;
    }
    size_t length = end + 1 - replies;
    memcpy(line, replies, length);
    line[length - 1] = 0;
    memmove(replies, end + 1, filled -= length);
    if (line[0] < '1' || line[0] > '5' || line[3] != ' ') continue; /* of a reply of several lines */
    if (strchr(wanted, line[0]) == NULL) fail("refused", line);
    return line;
  }
}

static void say(const char *format, ...) {
  char line[512];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  if (send(control, line, length, MSG_NOSIGNAL) != length) fail("send", line);
}

/* One file. Returns its bytes. */
static long long collect(const char *folder, int index) {
  static char bytes[256 * 1024];
  int port;
  say("EPSV\r\n");
  const char *numbers = strchr(expect("2"), '(');
  if (numbers == NULL || sscanf(numbers, "(|||%d|)", &port) != 1) fail("EPSV", "no port");
  int data = dial(port);
  say("RETR %s/%d.bin\r\n", folder, index);
  expect("1");
  long long total = 0;
  for (ssize_t count; (count = recv(data, bytes, sizeof bytes, 0)) != 0; total += count)
    if (count < 0) fail("silent", "the data connection");
  close(data);
  expect("2");
  return total;
}

int main(int count, char **words) {
  if (count != 6) return fputs("collector HOST PORT FOLDER FILES LENGTH\n", stderr), 1;
  server.sin_family = AF_INET;
  inet_pton(AF_INET, words[1], &server.sin_addr);
  control = dial(atoi(words[2]));
  expect("2");
  say("USER anonymous\r\n");
  if (expect("23")[0] == '3') say("PASS board@\r\n"), expect("2");
  say("TYPE I\r\n");
  expect("2");
  int files = atoi(words[4]);
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int index = 0; index < files; index++)
    if (collect(words[3], index) != atoll(words[5])) fail("another length", words[3]);
  clock_gettime(CLOCK_MONOTONIC, &to);
  say("QUIT\r\n");
  long long us = (to.tv_sec - from.tv_sec) * 1000000LL + (to.tv_nsec - from.tv_nsec) / 1000;
  printf("{\"files\":%d,\"us\":%lld}\n", files, us);
  return 0;
}
