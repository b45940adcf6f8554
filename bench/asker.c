/*
 * Boards that ask BOOTP (RFC 951): as many questions as are wanted, some of them at a time, each from another MAC. A
 * question without an answer is asked again after a second. Prints one line of JSON.
 *
 *   asker HOST PORT QUESTIONS AT_ONCE
 */

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

enum { BOOTREQUEST = 1, BOOTREPLY = 2, LENGTH = 300 };

static int ask(int fd, uint32_t number) {
  uint8_t packet[LENGTH] = {BOOTREQUEST, 1, 6};
  memcpy(packet + 4, &number, 4);          /* xid */
  inet_pton(AF_INET, "127.0.0.1", packet + 12); /* ciaddr: the answer comes to where the question came from */
  packet[28] = 2;                          /* chaddr: locally administered */
  memcpy(packet + 30, &number, 4);
  return send(fd, packet, sizeof packet, 0) < 0;
}

int main(int count, char **words) {
  if (count != 5) return fputs("asker HOST PORT QUESTIONS AT_ONCE\n", stderr), 1;
  uint32_t questions = atoi(words[3]), at_once = atoi(words[4]), asked = 0, answered = 0, again = 0;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(words[2]))};
  inet_pton(AF_INET, words[1], &server.sin_addr);
  struct timeval patience = {1, 0};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0) return perror("connect"), 1;
  char *known = calloc(questions, 1);
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  while (asked < questions && asked < at_once) ask(fd, asked++);
  while (answered < questions) {
    uint8_t packet[1500];
    uint32_t number;
    if (recv(fd, packet, sizeof packet, 0) < 240) {
      if (again++ > 20) return fputs("the server is silent\n", stderr), 1;
      for (number = 0; number < asked; number++)
        if (!known[number]) ask(fd, number);
      continue;
    }
    memcpy(&number, packet + 4, 4);
    if (packet[0] != BOOTREPLY || number >= questions || known[number]) continue;
    known[number] = 1;
    answered++;
    if (asked < questions) ask(fd, asked++);
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  long long us = (to.tv_sec - from.tv_sec) * 1000000LL + (to.tv_nsec - from.tv_nsec) / 1000;
  printf("{\"answers\":%u,\"us\":%lld,\"again\":%u}\n", answered, us, again);
  return 0;
}
