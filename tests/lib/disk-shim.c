/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright 2026 The bgcopyd authors */

/* Preloaded into the daemon and its workers (and so under SQLite): stands between them and the disk
 * for the paths below DISK_ROOT. Three uses, by environment:
 *
 *   Power cut.  DISK_LOG names a file that gets a record of every change and every sync, in the order
 *     they happened over all processes. DISK_CUT=N: the process that is about to make change N + 1 kills
 *     itself instead, and so does every other at its next one. What is unlinked or replaced is kept
 *     under DISK_GRAVEYARD, since a power cut may bring it back. The test then throws away what was not
 *     yet synced (see power_cut.py).
 *   Torture.  DISK_FAIL_NTH=N makes the Nth call of the kinds in DISK_FAIL_OPS (a comma-separated list
 *     of open,write,sync,rename,unlink,truncate,allocate) fail with DISK_FAIL_ERRNO; with
 *     DISK_FAIL_FROM=1 that call and all that follow. DISK_FAIL_PROGRAM limits it to one program.
 *   Hanging disk.  While the file that DISK_HANG names exists, no write and no sync returns.
 *
 * DISK_COUNT names a file of 8 bytes: what was counted so far over all processes. Sends on sockets are
 * recorded too (first bytes only), so that "commit before reply" can be read off. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_CREATE = 1, OP_WRITE, OP_TRUNCATE, OP_SYNC_BEGIN, OP_SYNC_END, OP_SYNCFS_BEGIN, OP_SYNCFS_END,
       OP_RENAME, OP_UNLINK, OP_MKDIR, OP_SEND };

/* As read by power_cut.py: struct "<IIIIQQqQ", then name, then data. */
struct record {
  uint32_t magic;
  uint32_t op;
  uint32_t thread;
  uint32_t name_length;
  uint64_t inode;
  uint64_t directory;
  int64_t offset;
  uint64_t data_length;
};

#define MAGIC 0x4b534944u
#define SEND_BYTES 4096u /* enough of a message to recognise it */

static const char *root;
static const char *graveyard;
static size_t root_length;
static int log_fd = -1;
static _Atomic uint64_t *counter; /* shared by all processes */
static uint64_t cut;
static uint64_t fail_nth;
static bool fail_from;
static int fail_errno = EIO;
static const char *fail_ops;
static const char *hang;
static bool ready;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

static bool
is_program (const char *wanted)
{
  char path[PATH_MAX];
  ssize_t length = readlink ("/proc/self/exe", path, sizeof path - 1);
  const char *base;

  path[length < 0 ? 0 : length] = '\0';
  base = strrchr (path, '/');
  return base != NULL && strcmp (base + 1, wanted) == 0;
}

static uint64_t
number (const char *name, uint64_t otherwise)
{
  const char *text = getenv (name);

  return text != NULL ? strtoull (text, NULL, 10) : otherwise;
}

static void
start_counter (void)
{
  const char *path = getenv ("DISK_COUNT");
  int fd;
  void *page;

  if (path == NULL)
    return;
  fd = REAL (open) (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || REAL (ftruncate) (fd, 8) < 0)
    abort ();
  page = mmap (NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED)
    abort ();
  counter = page;
  close (fd);
}

__attribute__ ((constructor)) static void
start (void)
{
  const char *program = getenv ("DISK_FAIL_PROGRAM");
  const char *path = getenv ("DISK_LOG");

  root = getenv ("DISK_ROOT");
  graveyard = getenv ("DISK_GRAVEYARD");
  hang = getenv ("DISK_HANG");
  if (root == NULL)
    return;
  root_length = strlen (root);
  start_counter ();
  if (path != NULL)
    log_fd = REAL (open) (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  cut = number ("DISK_CUT", 0);
  if (program == NULL || is_program (program))
    fail_ops = getenv ("DISK_FAIL_OPS");
  fail_errno = (int) number ("DISK_FAIL_ERRNO", EIO);
  fail_nth = number ("DISK_FAIL_NTH", 0);
  fail_from = number ("DISK_FAIL_FROM", 0) != 0;
  ready = counter != NULL;
}

static bool
below_root (const char *path)
{
  return strncmp (path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == '\0');
}

static bool
fd_path (int fd, char out[PATH_MAX])
{
  char link_path[64];
  ssize_t length;

  snprintf (link_path, sizeof link_path, "/proc/self/fd/%d", fd);
  length = readlink (link_path, out, PATH_MAX - 1);
  out[length < 0 ? 0 : length] = '\0';
  return length >= 0;
}

static bool
concerns_fd (int fd)
{
  char path[PATH_MAX];

  return ready && fd >= 0 && fd_path (fd, path) && below_root (path);
}

/* @out: the absolute path of @path relative to @dirfd, without resolving anything. */
static bool
concerns_path (int dirfd, const char *path, char out[PATH_MAX])
{
  char base[PATH_MAX] = "";

  if (!ready || path == NULL)
    return false;
  if (path[0] != '/' && (dirfd == AT_FDCWD ? getcwd (base, sizeof base) == NULL : !fd_path (dirfd, base)))
    return false;
  if (snprintf (out, PATH_MAX, "%s%s%s", base, path[0] == '/' ? "" : "/", path) >= PATH_MAX)
    return false;
  return below_root (out);
}

/* TRUE (with errno) if this call is the one to fail. */
static bool
fails (const char *kind)
{
  uint64_t nth;

  while (hang != NULL && strstr ("write,sync", kind) != NULL && access (hang, F_OK) == 0)
    usleep (20000);
  if (fail_ops == NULL || strstr (fail_ops, kind) == NULL)
    return false;
  nth = atomic_fetch_add (counter, 1) + 1;
  if (fail_nth == 0 || (fail_from ? nth < fail_nth : nth != fail_nth))
    return false;
  errno = fail_errno;
  return true;
}

static void
enter (void)
{
  pthread_mutex_lock (&lock);
  if (log_fd >= 0)
    flock (log_fd, LOCK_EX);
}

static void
leave (void)
{
  int saved = errno;

  if (log_fd >= 0)
    flock (log_fd, LOCK_UN);
  pthread_mutex_unlock (&lock);
  errno = saved;
}

/* Counts a change; here the power goes. */
static void
count_change (void)
{
  if (log_fd >= 0 && atomic_fetch_add (counter, 1) >= cut && cut != 0)
    kill (getpid (), SIGKILL);
}

static void
put (uint32_t op, uint64_t inode, uint64_t directory, int64_t offset, const char *name, const void *data,
     size_t length)
{
  struct record record = { MAGIC, op, (uint32_t) gettid (), name != NULL ? (uint32_t) strlen (name) : 0,
                           inode, directory, offset, length };
  struct iovec parts[3] = { { &record, sizeof record },
                            { (void *) (uintptr_t) name, record.name_length },
                            { (void *) (uintptr_t) data, length } };

  if (log_fd >= 0 && REAL (writev) (log_fd, parts, 3) < 0)
    abort ();
}

static uint64_t
inode_of (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 ? status.st_ino : 0;
}

static uint64_t
inode_at (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0 ? status.st_ino : 0;
}

static uint64_t
directory_of (const char *path, const char **base)
{
  char directory[PATH_MAX];
  char *slash;

  snprintf (directory, sizeof directory, "%s", path);
  slash = strrchr (directory, '/');
  *slash = '\0';
  *base = path + (slash - directory) + 1;
  return inode_at (directory);
}

static void
bury (const char *path, uint64_t inode)
{
  char grave[PATH_MAX];

  if (graveyard == NULL || inode == 0)
    return;
  snprintf (grave, sizeof grave, "%s/%llu", graveyard, (unsigned long long) inode);
  REAL (unlink) (grave);
  (void) !link (path, grave);
}

/* ---- opening ------------------------------------------------------------------------------------ */

static int
shim_openat (int dirfd, const char *path, int flags, mode_t mode)
{
  char full[PATH_MAX];
  const char *base;
  uint64_t directory;
  bool existed;
  int fd;

  if ((flags & O_TMPFILE) == O_TMPFILE || !concerns_path (dirfd, path, full))
    return REAL (openat) (dirfd, path, flags, mode);
  if (fails ("open"))
    return -1;
  if ((flags & (O_CREAT | O_TRUNC)) == 0)
    return REAL (openat) (dirfd, path, flags, mode);
  enter ();
  existed = inode_at (full) != 0;
  if (!existed)
    count_change ();
  fd = REAL (openat) (dirfd, path, flags, mode);
  directory = directory_of (full, &base);
  if (fd >= 0 && !existed)
    put (OP_CREATE, inode_of (fd), directory, 0, base, NULL, 0);
  else if (fd >= 0 && (flags & O_TRUNC) != 0)
    put (OP_TRUNCATE, inode_of (fd), 0, 0, NULL, NULL, 0);
  leave ();
  return fd;
}

#define OPEN_MODE(flags) \
  mode_t mode = 0; \
  if (((flags) & O_CREAT) != 0 || ((flags) & O_TMPFILE) == O_TMPFILE) \
    { \
      va_list arguments; \
      va_start (arguments, flags); \
      mode = va_arg (arguments, mode_t); \
      va_end (arguments); \
    }

int
open (const char *path, int flags, ...)
{
  OPEN_MODE (flags)
  return shim_openat (AT_FDCWD, path, flags, mode);
}

int
open64 (const char *path, int flags, ...)
{
  OPEN_MODE (flags)
  return shim_openat (AT_FDCWD, path, flags, mode);
}

int
openat (int dirfd, const char *path, int flags, ...)
{
  OPEN_MODE (flags)
  return shim_openat (dirfd, path, flags, mode);
}

int
openat64 (int dirfd, const char *path, int flags, ...)
{
  OPEN_MODE (flags)
  return shim_openat (dirfd, path, flags, mode);
}

/* ---- writing ------------------------------------------------------------------------------------ */

static ssize_t
record_write (int fd, const void *data, size_t length, off64_t offset, bool positioned)
{
  ssize_t written;

  enter ();
  count_change ();
  if (!positioned)
    offset = lseek64 (fd, 0, SEEK_CUR);
  written = positioned ? REAL (pwrite64) (fd, data, length, offset) : REAL (write) (fd, data, length);
  if (written > 0)
    put (OP_WRITE, inode_of (fd), 0, offset, NULL, data, (size_t) written);
  leave ();
  return written;
}

ssize_t
write (int fd, const void *data, size_t length)
{
  if (fd == log_fd || !concerns_fd (fd))
    return REAL (write) (fd, data, length);
  return fails ("write") ? -1 : record_write (fd, data, length, 0, false);
}

ssize_t
pwrite64 (int fd, const void *data, size_t length, off64_t offset)
{
  if (!concerns_fd (fd))
    return REAL (pwrite64) (fd, data, length, offset);
  return fails ("write") ? -1 : record_write (fd, data, length, offset, true);
}

ssize_t pwrite (int fd, const void *data, size_t length, off_t at) { return pwrite64 (fd, data, length, at); }

/* Part by part: no write of ours relies on a vector being atomic. */
ssize_t
pwritev64 (int fd, const struct iovec *parts, int count, off64_t offset)
{
  ssize_t total = 0;

  if (!concerns_fd (fd))
    return REAL (pwritev64) (fd, parts, count, offset);
  for (int i = 0; i < count; i++)
    {
      ssize_t written = pwrite64 (fd, parts[i].iov_base, parts[i].iov_len, offset + total);

      if (written < 0)
        return total > 0 ? total : -1;
      total += written;
      if ((size_t) written < parts[i].iov_len)
        break;
    }
  return total;
}

ssize_t pwritev (int fd, const struct iovec *v, int count, off_t at) { return pwritev64 (fd, v, count, at); }

ssize_t
writev (int fd, const struct iovec *parts, int count)
{
  ssize_t total = 0;

  if (fd == log_fd || !concerns_fd (fd))
    return REAL (writev) (fd, parts, count);
  for (int i = 0; i < count; i++)
    {
      ssize_t written = write (fd, parts[i].iov_base, parts[i].iov_len);

      if (written < 0)
        return total > 0 ? total : -1;
      total += written;
      if ((size_t) written < parts[i].iov_len)
        break;
    }
  return total;
}

int
ftruncate64 (int fd, off64_t length)
{
  int result;

  if (!concerns_fd (fd))
    return REAL (ftruncate64) (fd, length);
  if (fails ("truncate"))
    return -1;
  enter ();
  count_change ();
  result = REAL (ftruncate64) (fd, length);
  if (result == 0)
    put (OP_TRUNCATE, inode_of (fd), 0, length, NULL, NULL, 0);
  leave ();
  return result;
}

int ftruncate (int fd, off_t length) { return ftruncate64 (fd, length); }

int
fallocate64 (int fd, int mode, off64_t offset, off64_t length)
{
  if (concerns_fd (fd) && fails ("allocate"))
    return -1;
  return REAL (fallocate64) (fd, mode, offset, length);
}

int fallocate (int fd, int mode, off_t at, off_t length) { return fallocate64 (fd, mode, at, length); }

/* ---- syncing ------------------------------------------------------------------------------------ */

static void
note (uint32_t op, int fd)
{
  enter ();
  if (op == OP_SYNC_BEGIN || op == OP_SYNCFS_BEGIN)
    count_change ();
  put (op, inode_of (fd), 0, 0, NULL, NULL, 0);
  leave ();
}

/* With a log the real sync is spared: the page cache outlives a killed process, and what counts is the
 * record. */
static int
shim_sync (int fd, uint32_t begin, uint32_t end, int (*otherwise) (int))
{
  if (!concerns_fd (fd))
    return otherwise (fd);
  if (fails ("sync"))
    return -1;
  if (log_fd < 0)
    return otherwise (fd);
  note (begin, fd);
  note (end, fd);
  return 0;
}

int fsync (int fd) { return shim_sync (fd, OP_SYNC_BEGIN, OP_SYNC_END, REAL (fsync)); }
int fdatasync (int fd) { return shim_sync (fd, OP_SYNC_BEGIN, OP_SYNC_END, REAL (fdatasync)); }
int syncfs (int fd) { return shim_sync (fd, OP_SYNCFS_BEGIN, OP_SYNCFS_END, REAL (syncfs)); }

/* ---- names -------------------------------------------------------------------------------------- */

int
renameat2 (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
  char old[PATH_MAX];
  char new[PATH_MAX];
  char names[2 * PATH_MAX];
  const char *old_base;
  const char *new_base;
  uint64_t directory;
  uint64_t target;
  uint64_t inode;
  int result;

  if (!concerns_path (from_fd, from, old) || !concerns_path (to_fd, to, new))
    return REAL (renameat2) (from_fd, from, to_fd, to, flags);
  if (fails ("rename"))
    return -1;
  enter ();
  count_change ();
  inode = inode_at (old);
  if ((flags & RENAME_NOREPLACE) == 0)
    bury (new, inode_at (new));
  result = REAL (renameat2) (from_fd, from, to_fd, to, flags);
  directory = directory_of (old, &old_base);
  target = directory_of (new, &new_base);
  snprintf (names, sizeof names, "%s/%s", old_base, new_base);
  if (result == 0)
    put (OP_RENAME, inode, directory, 0, names, &target, directory != target ? sizeof target : 0);
  leave ();
  return result;
}

int rename (const char *from, const char *to) { return renameat2 (AT_FDCWD, from, AT_FDCWD, to, 0); }

int
renameat (int from_fd, const char *from, int to_fd, const char *to)
{
  return renameat2 (from_fd, from, to_fd, to, 0);
}

int
unlinkat (int dirfd, const char *path, int flags)
{
  char full[PATH_MAX];
  const char *base;
  uint64_t directory;
  uint64_t inode;
  int result;

  if (!concerns_path (dirfd, path, full))
    return REAL (unlinkat) (dirfd, path, flags);
  if (fails ("unlink"))
    return -1;
  enter ();
  count_change ();
  inode = inode_at (full);
  bury (full, inode);
  result = REAL (unlinkat) (dirfd, path, flags);
  directory = directory_of (full, &base);
  if (result == 0)
    put (OP_UNLINK, inode, directory, 0, base, NULL, 0);
  leave ();
  return result;
}

int unlink (const char *path) { return unlinkat (AT_FDCWD, path, 0); }

int
mkdir (const char *path, mode_t mode)
{
  char full[PATH_MAX];
  const char *base;
  uint64_t directory;
  int result;

  if (!concerns_path (AT_FDCWD, path, full))
    return REAL (mkdir) (path, mode);
  enter ();
  count_change ();
  result = REAL (mkdir) (path, mode);
  directory = directory_of (full, &base);
  if (result == 0)
    put (OP_MKDIR, inode_at (full), directory, 0, base, NULL, 0);
  leave ();
  return result;
}

/* ---- what is told ------------------------------------------------------------------------------- */

ssize_t
sendmsg (int fd, const struct msghdr *message, int flags)
{
  char beginning[SEND_BYTES];
  size_t length = 0;

  if (!ready || log_fd < 0)
    return REAL (sendmsg) (fd, message, flags);
  for (size_t i = 0; i < message->msg_iovlen && length < sizeof beginning; i++)
    {
      size_t room = sizeof beginning - length;
      size_t part = message->msg_iov[i].iov_len < room ? message->msg_iov[i].iov_len : room;

      memcpy (beginning + length, message->msg_iov[i].iov_base, part);
      length += part;
    }
  enter ();
  put (OP_SEND, 0, (uint64_t) getpid (), fd, NULL, beginning, length);
  leave ();
  return REAL (sendmsg) (fd, message, flags);
}
