/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* A slow link, for kernels without netem: carries frames between two interfaces of its namespace at a rate
 * each way, through a buffer of so many bytes that drops what does not fit, and a delay.
 *
 *   link INTERFACE INTERFACE BITS-A-SECOND BUFFER-BYTES ONE-WAY-MICROSECONDS COUNTS PORT
 *
 * COUNTS is a file of four numbers of 64 bits, kept up to date as what TCP carries arrives: bytes from the
 * first interface to the second and back that have nothing to do with PORT, then likewise those that have. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Bytes; a frame without segmentation by the card is much shorter. */
#define FRAME_MAX 65536u
/* Bytes that may wait in the kernel for us, and behind us: what queues there must not make us wait. */
#define KERNEL_BUFFER (64 << 20)
/* Frames taken of one side before the other is looked at. */
#define TURN 64u
/* Milliseconds to sleep when nothing is under way. */
#define IDLE 50

typedef struct
{
  gint64 due; /* nanoseconds, monotonic */
  gsize length;
  guint8 bytes[];
} Frame;

/* One way. */
typedef struct
{
  int from;         /* packet sockets */
  int to;
  GQueue frames;    /* (element-type Frame) (owned) */
  _Atomic guint64 *counts; /* bytes: of others, and of the background half a table further */
  gint64 busy_until; /* nanoseconds: when the last byte accepted will have left the buffer */
} Way;

typedef struct
{
  double rate;   /* bytes a nanosecond */
  double buffer; /* bytes */
  gint64 delay;  /* nanoseconds */
  guint16 port;  /* of the background's server */
} Link;

/* Numbers in the file: two ways, and those twice. */
#define COUNTS 4u

static gint64
now_ns (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (gint64)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int
open_interface (const char *name)
{
  int fd = socket (AF_PACKET, SOCK_RAW, htons (ETH_P_ALL));
  struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons (ETH_P_ALL) };
  struct packet_mreq mode = { .mr_type = PACKET_MR_PROMISC };
  int yes = 1;
  int room = KERNEL_BUFFER;

  address.sll_ifindex = mode.mr_ifindex = (int)if_nametoindex (name);
  if (fd < 0 || address.sll_ifindex == 0 || bind (fd, (struct sockaddr *)&address, sizeof address) != 0
      || setsockopt (fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mode, sizeof mode) != 0
      || setsockopt (fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) != 0)
    g_error ("Cannot listen on %s: %s", name, g_strerror (errno));
  setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt (fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  return fd;
}

static _Atomic guint64 *
open_counts (const char *path)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  void *counts;

  if (fd < 0 || ftruncate (fd, COUNTS * sizeof (guint64)) != 0)
    g_error ("Cannot write %s: %s", path, g_strerror (errno));
  counts = mmap (NULL, COUNTS * sizeof (guint64), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (counts == MAP_FAILED)
    g_error ("Cannot map %s: %s", path, g_strerror (errno));
  close (fd);
  return counts;
}

/* What TCP carries in a frame. */
static void
count (Way *way, const Link *link, const Frame *frame)
{
  const guint8 *bytes = frame->bytes + ETH_HLEN;
  struct iphdr ip;
  struct tcphdr tcp;
  gsize headers;
  gboolean background;

  if (frame->length < ETH_HLEN + sizeof ip + sizeof tcp || frame->bytes[12] != 8 || frame->bytes[13] != 0)
    return;
  memcpy (&ip, bytes, sizeof ip);
  if (ip.protocol != IPPROTO_TCP || ip.ihl != 5)
    return;
  memcpy (&tcp, bytes + sizeof ip, sizeof tcp);
  headers = sizeof ip + tcp.doff * 4u;
  background = ntohs (tcp.source) == link->port || ntohs (tcp.dest) == link->port;
  way->counts[background ? COUNTS / 2 : 0] += MAX (ntohs (ip.tot_len), headers) - headers;
}

static void
deliver (Way *way, const Link *link, gint64 now)
{
  Frame *frame;

  while ((frame = g_queue_peek_head (&way->frames)) != NULL && frame->due <= now)
    {
      send (way->to, frame->bytes, frame->length, MSG_DONTWAIT);
      count (way, link, frame);
      g_free (g_queue_pop_head (&way->frames));
    }
}

static void
accept_frame (Way *way, const Link *link, const guint8 *bytes, gsize length)
{
  gint64 now = now_ns ();
  Frame *frame;

  way->busy_until = MAX (way->busy_until, now);
  if ((double)(way->busy_until - now) * link->rate + (double)length > link->buffer)
    return;
  way->busy_until += (gint64)((double)length / link->rate);
  frame = g_malloc (sizeof *frame + length);
  frame->due = way->busy_until + link->delay;
  frame->length = length;
  memcpy (frame->bytes, bytes, length);
  g_queue_push_tail (&way->frames, frame);
}

static void
take (Way *way, const Link *link)
{
  static guint8 bytes[FRAME_MAX];

  for (guint i = 0; i < TURN; i++)
    {
      gssize length = recv (way->from, bytes, sizeof bytes, MSG_DONTWAIT);

      if (length <= 0)
        return;
      accept_frame (way, link, bytes, (gsize)length);
    }
}

static void
sleep_until_due (Way *ways)
{
  struct pollfd fds[] = { { ways[0].from, POLLIN, 0 }, { ways[1].from, POLLIN, 0 } };
  gint64 now = now_ns ();
  gint64 wake = now + IDLE * G_GINT64_CONSTANT (1000000);
  struct timespec time = { 0, 0 };

  for (guint i = 0; i < 2; i++)
    {
      const Frame *frame = g_queue_peek_head (&ways[i].frames);

      if (frame != NULL)
        wake = MIN (wake, frame->due);
    }
  time.tv_nsec = MAX (wake - now, 0);
  ppoll (fds, 2, &time, NULL);
}

int
main (int argc, char **argv)
{
  Link link;
  Way ways[2] = { 0 };

  if (argc != 8)
    g_error ("usage: link INTERFACE INTERFACE BITS-A-SECOND BUFFER-BYTES ONE-WAY-MICROSECONDS COUNTS PORT");
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  link.rate = g_ascii_strtod (argv[3], NULL) / 8e9;
  link.buffer = g_ascii_strtod (argv[4], NULL);
  link.delay = g_ascii_strtoll (argv[5], NULL, 10) * 1000;
  link.port = (guint16)g_ascii_strtoull (argv[7], NULL, 10);
  ways[0].counts = open_counts (argv[6]);
  ways[1].counts = ways[0].counts + 1;
  ways[0].from = ways[1].to = open_interface (argv[1]);
  ways[1].from = ways[0].to = open_interface (argv[2]);
  g_print ("ready\n");
  while (TRUE)
    {
      for (guint i = 0; i < 2; i++)
        deliver (&ways[i], &link, now_ns ());
      sleep_until_due (ways);
      for (guint i = 0; i < 2; i++)
        take (&ways[i], &link);
    }
  return 0;
}
